#![no_main]

use camwatch::device::hikvision::search::{Month, calendar, page};
use camwatch::device::hikvision::{Memory, channels, manner, poll, storage, system};
use camwatch_fuzz::{Pieces, answer, finish, wish};
use libfuzzer_sys::fuzz_target;

// The first byte says who reads the rest.
fuzz_target!(|input: &[u8]| {
    let Some((&reader, body)) = input.split_first() else { return };
    let ok = answer(200, body);
    match reader {
        b'a' => drop(system::device(&ok)),
        b'b' => drop(system::time(&ok, 25_200)),
        b'c' => drop(system::working(&ok)),
        b'd' => drop(storage::storage(&ok)),
        b'e' => drop(channels::proxies(&ok)),
        b'f' => drop(channels::proxy_states(&ok)),
        b'g' => drop(channels::inputs(&ok)),
        b'h' => drop(channels::schedules(&ok)),
        b'i' => drop(channels::bit_rates(&ok)),
        b'j' => drop(page(&ok, 101)),
        b'k' => drop(calendar(&ok, Month { year: 2026, month: 11 })),
        b'l' => drop((manner().sign)(&answer(401, body))),
        b'm' => drop(system::working(&answer(403, body))),
        reader => {
            let mut memory = Memory::default();
            for scan in [reader == b'S', true] {
                finish(poll(&mut Pieces::new(body, 1000), &mut memory, &wish(scan)));
            }
        }
    }
});
