#![no_main]

use camwatch::device::key_value::KeyValues;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(values) = KeyValues::parse(body) else { return };
    let mut before = "";
    for (key, _) in values.under("") {
        assert!(before <= key, "in the order of keys");
        assert!(values.get(key).is_some());
        before = key;
    }
    let _ = values.indexes("table.Record");
    let _ = values.indexes("");
});
