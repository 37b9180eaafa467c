;; Makes strings inside the engine: no decoder is called, and no external memory is held.
;; A module of its own, because engines without these types would refuse all of the other.
(module
  (type $units (array (mut i16)))
  (import "wasm:js-string" "fromCharCodeArray"
    (func $string (param (ref null $units) i32 i32) (result (ref extern))))
  (import "a" "a" (memory 0))
  ;; For short strings, which are many: an array for each would be garbage as large as they are.
  (global $scratch (ref $units) (array.new_default $units (i32.const 1024)))
  (func $room (param $length i32) (result (ref $units))
    (if (result (ref $units)) (i32.le_u (local.get $length) (i32.const 1024))
      (then (global.get $scratch))
      (else (array.new_default $units (local.get $length)))))
  (func (export "ascii") (param $address i32) (param $length i32) (result externref)
    (local $units (ref $units))
    (local $at i32)
    (local.set $units (call $room (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (array.set $units (local.get $units) (local.get $at)
          (i32.load8_u (i32.add (local.get $address) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $string (local.get $units) (i32.const 0) (local.get $length)))
  (func (export "wide") (param $address i32) (param $length i32) (result externref)
    (local $units (ref $units))
    (local $at i32)
    (local.set $units (call $room (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (array.set $units (local.get $units) (local.get $at)
          (i32.load16_u (i32.add (local.get $address) (i32.shl (local.get $at) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $string (local.get $units) (i32.const 0) (local.get $length))))
