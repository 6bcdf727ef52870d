#![no_main]

use camwatch::device::xml::Tree;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(tree) = Tree::parse(body) else { return };
    let mut bytes = 0;
    for node in tree.root().descendants() {
        bytes += node.name().len() + node.text().len();
        let _ = node.attribute("version");
        let _ = node.text_at("id");
        assert!(!node.name().contains(':'), "{:?}", node.name());
    }
    // A byte that is no UTF-8 becomes three; nothing else grows but a reference, which is no longer than it was written.
    assert!(bytes <= body.len() * 3);
});
