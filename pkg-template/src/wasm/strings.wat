;; Creates strings inside the engine, without a call of a decoder and without external memory.
;; It is a separate module, because engines without these types reject a module that contains them.
(module
  (type $units (array (mut i16)))
  (import "wasm:js-string" "fromCharCodeArray"
    (func $string (param (ref null $units) i32 i32) (result (ref extern))))
  (import "a" "a" (memory 0))
  ;; Reused, because a new array for each string would be garbage of the same size. It has room for the
  ;; values of a slice of 32 KB. The four more are written without need, see $decode.
  (global $scratch (ref $units) (array.new_default $units (i32.const 32772)))

  ;; Returns an array for as many units as there are bytes: a byte becomes at most one unit.
  (func $room (param $length i32) (result (ref $units))
    (if (result (ref $units)) (i32.le_u (local.get $length) (i32.const 32768))
      (then (global.get $scratch))
      (else (array.new_default $units (i32.add (local.get $length) (i32.const 4))))))

  ;; Returns the text of $length bytes of UTF-8 at an address, or null if they are malformed. A line end,
  ;; which no character contains, and at least three more bytes must follow them.
  (func (export "text") (param $at i32) (param $length i32) (result externref)
    (local $units (ref $units))
    (local $count i32)
    (local.set $units (call $room (local.get $length)))
    (local.set $count
      (call $decode (local.get $units) (i32.const 0)
        (local.get $at) (i32.add (local.get $at) (local.get $length))))
    (if (result externref) (i32.lt_s (local.get $count) (i32.const 0))
      (then (ref.null extern))
      (else (call $string (local.get $units) (i32.const 0) (local.get $count)))))

  ;; Returns the in-place values of the records between two addresses as one text, and replaces the
  ;; offsets of each value after $base by its offsets in the text. Returns null if a value is malformed.
  ;; $length is the largest number of bytes of all values.
  (func (export "texts")
    (param $at i32) (param $end i32) (param $base i32) (param $length i32) (result externref)
    (local $units (ref $units))
    (local $count i32)
    (local $head i32)
    (local $pairs i32)
    (local.set $units (call $room (local.get $length)))
    (loop $records
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $head (i32.load (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          ;; DATA and ID
          (local.set $pairs (i32.popcnt (i32.and (local.get $head) (i32.const 3))))
          (block $end_of_pairs
            (loop $next
              (br_if $end_of_pairs (i32.eqz (local.get $pairs)))
              (local.set $pairs (i32.sub (local.get $pairs) (i32.const 1)))
              (call $decode (local.get $units) (local.get $count)
                (i32.add (local.get $base) (i32.load (local.get $at)))
                (i32.add (local.get $base) (i32.load offset=4 (local.get $at))))
              (i32.store (local.get $at) (local.get $count))
              (local.set $count)
              (if (i32.lt_s (local.get $count) (i32.const 0)) (then (return (ref.null extern))))
              (i32.store offset=4 (local.get $at) (local.get $count))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br $next)))
          ;; COPIED_ID, NOTE and NAME
          (local.set $at
            (i32.add (local.get $at)
              (i32.shl (i32.popcnt (i32.and (local.get $head) (i32.const 28))) (i32.const 3))))
          (br $records))))
    (call $string (local.get $units) (i32.const 0) (local.get $count)))

  ;; Decodes the UTF-8 between two addresses into the array from $count on. Returns the number of units
  ;; in the array then, or -1 if the bytes are malformed. Reads four bytes at once, so that it may read and
  ;; write up to three bytes of ASCII after the end.
  (func $decode
    (param $units (ref $units)) (param $count i32) (param $at i32) (param $end i32) (result i32)
    (local $word i32)
    (local $unit i32)
    (block $malformed
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $word (i32.load (local.get $at)))
          (if (i32.eqz (i32.and (local.get $word) (i32.const 0x80)))
            (then
              ;; Write the units of four bytes, or of three if the fourth is not ASCII.
              (array.set $units (local.get $units) (local.get $count)
                (i32.and (local.get $word) (i32.const 0xFF)))
              (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 1))
                (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0xFF)))
              (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 2))
                (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0xFF)))
              (local.set $unit (i32.and (local.get $word) (i32.const 0x80808080)))
              (if (i32.eqz (local.get $unit))
                (then
                  (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 3))
                    (i32.shr_u (local.get $word) (i32.const 24)))
                  (local.set $count (i32.add (local.get $count) (i32.const 4)))
                  (local.set $at (i32.add (local.get $at) (i32.const 4)))
                  (br $next)))
              ;; Go on at the first byte that is not ASCII.
              (local.set $unit (i32.shr_u (i32.ctz (local.get $unit)) (i32.const 3)))
              (local.set $count (i32.add (local.get $count) (local.get $unit)))
              (local.set $at (i32.add (local.get $at) (local.get $unit)))
              (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
              (local.set $word (i32.load (local.get $at)))))
          (if (i32.eq (i32.and (local.get $word) (i32.const 0xC0E0)) (i32.const 0x80C0))
            (then
              ;; An overlong encoding.
              (br_if $malformed (i32.eqz (i32.and (local.get $word) (i32.const 0x1E))))
              (array.set $units (local.get $units) (local.get $count)
                (i32.or
                  (i32.shl (i32.and (local.get $word) (i32.const 0x1F)) (i32.const 6))
                  (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x3F))))
              (local.set $count (i32.add (local.get $count) (i32.const 1)))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (br $next)))
          (local.set $unit
            (i32.or
              (i32.or
                (i32.shl (i32.and (local.get $word) (i32.const 0x0F)) (i32.const 12))
                (i32.shr_u (i32.and (local.get $word) (i32.const 0x3F00)) (i32.const 2)))
              (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0x3F))))
          (if (i32.eq (i32.and (local.get $word) (i32.const 0xC0C0F0)) (i32.const 0x8080E0))
            (then
              ;; An overlong encoding, or a surrogate.
              (br_if $malformed (i32.lt_u (local.get $unit) (i32.const 0x800)))
              (br_if $malformed
                (i32.eq (i32.and (local.get $unit) (i32.const 0xF800)) (i32.const 0xD800)))
              (array.set $units (local.get $units) (local.get $count) (local.get $unit))
              (local.set $count (i32.add (local.get $count) (i32.const 1)))
              (local.set $at (i32.add (local.get $at) (i32.const 3)))
              (br $next)))
          (br_if $malformed
            (i32.ne (i32.and (local.get $word) (i32.const 0xC0C0C0F8)) (i32.const 0x808080F0)))
          ;; The offset from U+10000.
          (local.set $unit
            (i32.sub
              (i32.or
                (i32.shl (local.get $unit) (i32.const 6))
                (i32.and (i32.shr_u (local.get $word) (i32.const 24)) (i32.const 0x3F)))
              (i32.const 0x10000)))
          (br_if $malformed (i32.ge_u (local.get $unit) (i32.const 0x100000)))
          (array.set $units (local.get $units) (local.get $count)
            (i32.or (i32.shr_u (local.get $unit) (i32.const 10)) (i32.const 0xD800)))
          (array.set $units (local.get $units) (i32.add (local.get $count) (i32.const 1))
            (i32.or (i32.and (local.get $unit) (i32.const 0x3FF)) (i32.const 0xDC00)))
          (local.set $count (i32.add (local.get $count) (i32.const 2)))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br $next)))
      ;; Only ASCII was read after the end, and each byte of it is one unit.
      (return
        (i32.sub (local.get $count) (i32.sub (local.get $at) (local.get $end)))))
    (i32.const -1)))
