//! Disks and network stores of a Hikvision device, from `/ISAPI/ContentMgmt/Storage`. Pure.

use std::collections::BTreeSet;

use super::words::{self, document};
use crate::device::exchange::Answer;
use crate::device::finding::Why;
use crate::device::xml::Node;
use crate::observation::{Disk, DiskStatus};

/// The unit of `capacity` and `freeSpace`: 1907729 is a disk of 2 TB.
pub const MIB: u64 = 1 << 20;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Storage {
    pub disks: Vec<Disk>,
    /// Channels share the disks by quota.
    pub quota: bool,
    pub unknown_words: BTreeSet<String>,
}

/// Reads the storage document. A free space of 0 is that of every recorder that has begun to overwrite.
pub fn storage(answer: &Answer) -> Result<Storage, Why> {
    let tree = document(answer, "storage")?;
    let mut storage = Storage { quota: tree.text_at("workMode") == Some("quota"), ..Storage::default() };
    let rows = |list: &'static str, row: &'static str| {
        tree.children(list).flat_map(move |list| list.children(row).map(move |node| (row, node)))
    };
    let mut ids = BTreeSet::new();
    for (row, node) in rows("hddList", "hdd").chain(rows("nasList", "nas")) {
        let word = node.text_at("status").unwrap_or_default();
        // The row of a disk that was removed keeps its model and serial number.
        if word.eq_ignore_ascii_case("notexist") {
            continue;
        }
        let Some(id) = node.text_at("id") else { continue };
        // Network stores go on counting where disks end, mostly.
        let id = if ids.contains(id) { format!("{row}{id}") } else { id.to_owned() };
        ids.insert(id.clone());
        let status = match words::disk_status(word) {
            Some(DiskStatus::Ok) if is_read_only(node) => DiskStatus::Failed,
            Some(status) => status,
            None => {
                if !word.is_empty() {
                    let word: String = word.chars().take(40).collect();
                    storage.unknown_words.insert(format!("disk state {word:?}"));
                }
                DiskStatus::Unknown
            }
        };
        let bytes = |name| node.text_at(name)?.parse::<u64>().ok()?.checked_mul(MIB);
        storage.disks.push(Disk { id, status, capacity_bytes: bytes("capacity"), free_bytes: bytes("freeSpace") });
    }
    Ok(storage)
}

/// A disk that takes no more recordings: a worn memory card makes itself so.
fn is_read_only(node: Node<'_>) -> bool {
    node.text_at("property").is_some_and(|property| property.eq_ignore_ascii_case("RO"))
}
