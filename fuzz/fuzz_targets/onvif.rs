#![no_main]

use camwatch::device::onvif::{Memory, manner, poll};
use camwatch_fuzz::{Pieces, answer, finish, wish};
use libfuzzer_sys::fuzz_target;

// Its readers are reached through polls: a piece of the input answers each request.
fuzz_target!(|input: &[u8]| {
    let Some((&reader, body)) = input.split_first() else { return };
    if reader == b'a' {
        let _ = (manner().sign)(&answer(400, body));
        return;
    }
    let mut memory = Memory::default();
    for scan in [reader == b'S', true] {
        finish(poll(&mut Pieces::new(body, 2000), &mut memory, &wish(scan)));
    }
});
