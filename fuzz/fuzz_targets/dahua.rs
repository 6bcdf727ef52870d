#![no_main]

use camwatch::device::dahua::{Memory, answers, manner, poll};
use camwatch_fuzz::{Pieces, answer, finish, wish};
use libfuzzer_sys::fuzz_target;

// The first byte says who reads the rest.
fuzz_target!(|input: &[u8]| {
    let Some((&reader, body)) = input.split_first() else { return };
    let ok = answer(200, body);
    match reader {
        b'a' => drop(answers::device(&ok)),
        b'b' => drop(answers::time(&ok)),
        b'c' => drop(answers::disks(&ok)),
        b'd' => drop(answers::titles(&ok)),
        b'e' => drop(answers::states(&ok)),
        b'f' => drop(answers::video_loss(&ok)),
        b'g' => drop(answers::switches(&ok)),
        b'h' => drop(answers::schedules(&ok)),
        b'i' => drop(answers::bit_rates(&ok)),
        b'j' => drop(answers::items(&ok)),
        b'k' => drop((manner().sign)(&answer(403, body))),
        reader => {
            let mut memory = Memory::default();
            for scan in [reader == b'S', true] {
                finish(poll(&mut Pieces::new(body, 1000), &mut memory, &wish(scan)));
            }
        }
    }
});
