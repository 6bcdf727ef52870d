//! The parts of a document and their order, for those who have it read to them: the tags of a tagged PDF.

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// 1 is the document's.
    Heading {
        level: u8,
        text: String,
    },
    Paragraph,
    Caption,
    List,
    Item,
    /// What an item is about, before what is said of it.
    Label,
    ItemBody,
    Table,
    TableHead,
    TableBody,
    Row,
    HeadCell,
    Cell,
}

#[derive(Debug)]
pub(super) struct Part {
    pub role: Role,
    /// Indices of what is in it. A part has parts or ink, never both.
    pub children: Vec<usize>,
}

/// Parts by index.
#[derive(Debug, Default)]
pub(super) struct Structure {
    pub parts: Vec<Part>,
    /// Those that are in no other.
    pub roots: Vec<usize>,
}

impl Structure {
    pub(super) fn add(&mut self, parent: Option<usize>, role: Role) -> usize {
        let index = self.parts.len();
        self.parts.push(Part { role, children: Vec::new() });
        match parent {
            Some(parent) => self.parts[parent].children.push(index),
            None => self.roots.push(index),
        }
        index
    }
}

/// A heading that a reader's window lists.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bookmark {
    pub level: u8,
    pub text: String,
    /// From 0.
    pub page: usize,
    pub y: f32,
}
