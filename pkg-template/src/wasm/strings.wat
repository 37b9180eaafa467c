;; Creates strings inside the engine, without a call of a decoder and without external memory.
;; It is a separate module, because engines without these types reject a module that contains them.
(module
  (type $units (array (mut i16)))
  (import "wasm:js-string" "fromCharCodeArray"
    (func $string (param (ref null $units) i32 i32) (result (ref extern))))
  (import "a" "a" (memory 0))
  ;; Reused for short strings. A new array for each would be garbage of the same size.
  (global $scratch (ref $units) (array.new_default $units (i32.const 2048)))
  ;; Returns the text of $length bytes of UTF-8 at an address, or null if they are malformed. A line end,
  ;; which no character contains, and at least one more byte must follow them.
  (func (export "text") (param $at i32) (param $length i32) (result externref)
    (local $end i32)
    (local $units (ref $units))
    (local $count i32)
    (local $unit i32)
    (local $tail i32)
    ;; A byte becomes at most one unit.
    (local.set $units
      (if (result (ref $units)) (i32.le_u (local.get $length) (i32.const 2048))
        (then (global.get $scratch))
        (else (array.new_default $units (local.get $length)))))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $malformed
      (block $done
        (loop $next
          (block $wide
            (loop $ascii
              (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
              (local.set $unit (i32.load8_u (local.get $at)))
              (br_if $wide (i32.ge_u (local.get $unit) (i32.const 0x80)))
              (array.set $units (local.get $units) (local.get $count) (local.get $unit))
              (local.set $count (i32.add (local.get $count) (i32.const 1)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              ;; Four bytes at once after an ASCII byte. Text whose only ASCII is spaces seldom gets here.
              (loop $words
                (if (i32.le_u (i32.add (local.get $at) (i32.const 4)) (local.get $end))
                  (then
                    (local.set $tail (i32.load (local.get $at)))
                    (if (i32.eqz (i32.and (local.get $tail) (i32.const 0x80808080)))
                      (then
                        (array.set $units (local.get $units) (local.get $count)
                          (i32.and (local.get $tail) (i32.const 0xFF)))
                        (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 1))
                          (i32.and (i32.shr_u (local.get $tail) (i32.const 8)) (i32.const 0xFF)))
                        (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 2))
                          (i32.and (i32.shr_u (local.get $tail) (i32.const 16)) (i32.const 0xFF)))
                        (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 3))
                          (i32.shr_u (local.get $tail) (i32.const 24)))
                        (local.set $count (i32.add (local.get $count) (i32.const 4)))
                        (local.set $at (i32.add (local.get $at) (i32.const 4)))
                        (br $words))))))
              (br $ascii)))
          (local.set $tail (i32.load16_u offset=1 (local.get $at)))
          (if (i32.lt_u (local.get $unit) (i32.const 0xE0))
            (then
              (br_if $malformed (i32.lt_u (local.get $unit) (i32.const 0xC2)))
              (br_if $malformed
                (i32.ne (i32.and (local.get $tail) (i32.const 0xC0)) (i32.const 0x80)))
              (local.set $unit
                (i32.and
                  (i32.or
                    (i32.shl (local.get $unit) (i32.const 6))
                    (i32.and (local.get $tail) (i32.const 0x3F)))
                  (i32.const 0x7FF))))
            (else
              (br_if $malformed
                (i32.ne (i32.and (local.get $tail) (i32.const 0xC0C0)) (i32.const 0x8080)))
              ;; The marker bits of the first byte stay above the bits of a unit.
              (local.set $unit
                (i32.or
                  (i32.or
                    (i32.shl (local.get $unit) (i32.const 12))
                    (i32.shl (i32.and (local.get $tail) (i32.const 0x3F)) (i32.const 6)))
                  (i32.and (i32.shr_u (local.get $tail) (i32.const 8)) (i32.const 0x3F))))
              (if (i32.lt_u (local.get $unit) (i32.const 0xF0000))
                (then
                  ;; An overlong encoding, or a surrogate.
                  (br_if $malformed (i32.lt_u (local.get $unit) (i32.const 0xE0800)))
                  (br_if $malformed
                    (i32.eq (i32.and (local.get $unit) (i32.const 0xF800)) (i32.const 0xD800))))
                (else
                  (local.set $tail (i32.load8_u offset=3 (local.get $at)))
                  (br_if $malformed
                    (i32.ne (i32.and (local.get $tail) (i32.const 0xC0)) (i32.const 0x80)))
                  ;; The offset from U+10000.
                  (local.set $unit
                    (i32.sub
                      (i32.or
                        (i32.shl (local.get $unit) (i32.const 6))
                        (i32.and (local.get $tail) (i32.const 0x3F)))
                      (i32.const 0x3C10000)))
                  (br_if $malformed (i32.ge_u (local.get $unit) (i32.const 0x100000)))
                  (array.set $units (local.get $units) (local.get $count)
                    (i32.or (i32.shr_u (local.get $unit) (i32.const 10)) (i32.const 0xD800)))
                  (local.set $count (i32.add (local.get $count) (i32.const 1)))
                  (local.set $unit
                    (i32.or (i32.and (local.get $unit) (i32.const 0x3FF)) (i32.const 0xDC00)))
                  (local.set $at (i32.add (local.get $at) (i32.const 1)))))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))))
          (array.set $units (local.get $units) (local.get $count) (local.get $unit))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br $next)))
      (return (call $string (local.get $units) (i32.const 0) (local.get $count))))
    (ref.null extern)))
