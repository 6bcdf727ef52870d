//! A small, bounded tree of an XML answer, read by local names.
//!
//! Devices disagree on namespaces, prefixes and encodings, sometimes inside one document, so that only local names are
//! compared and bytes that are no UTF-8 become U+FFFD. What comes is hostile until proven otherwise: there are bounds on
//! bytes, depth, elements and attributes; a document type declaration is refused, and with it every entity but the five
//! of XML itself. Knows no device's words.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The largest document that is read: that of a recorder with 128 channels needs about half of it.
const MAX_BYTES: usize = 2 << 20;
const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 1 << 16;
/// In the whole document.
const MAX_ATTRIBUTES: usize = 1 << 16;
/// No child, no sibling.
const NONE: u32 = u32::MAX;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("no XML: the body is empty")]
    Empty,
    #[error("XML of {0} bytes, more than the {MAX_BYTES} that are read")]
    TooLarge(usize),
    #[error("XML of more than {0} levels")]
    TooDeep(usize),
    #[error("XML of more than {0} elements or attributes")]
    TooMany(usize),
    #[error("XML with a document type declaration, which no device needs")]
    Doctype,
    #[error("XML with two roots, or text outside of its root")]
    OutsideOfRoot,
    #[error("XML that ends before its end")]
    Truncated,
    #[error("no XML at byte {at}: {problem}")]
    Malformed { at: u64, problem: String },
}

/// A whole document. Names, texts and attributes lie in one string, and elements in one vector, so that what a hostile
/// document costs is some multiple of its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    heap: String,
    elements: Vec<Element>,
    attributes: Vec<Attribute>,
}

#[derive(Debug, Clone, PartialEq)]
struct Element {
    name: Range<u32>,
    text: Range<u32>,
    attributes: Range<u32>,
    first_child: u32,
    next_sibling: u32,
}

#[derive(Debug, Clone, PartialEq)]
struct Attribute {
    name: Range<u32>,
    value: Range<u32>,
}

/// One element of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    index: u32,
}

impl Tree {
    /// Reads a document.
    ///
    /// # Errors
    /// Where it is no XML, not whole, or beyond the bounds.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        if body.len() > MAX_BYTES {
            return Err(XmlError::TooLarge(body.len()));
        }
        let text = decode(body);
        // Bytes that are no UTF-8 become three each.
        if text.len() > MAX_BYTES {
            return Err(XmlError::TooLarge(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(XmlError::Empty);
        }
        let mut builder = Builder::default();
        let mut reader = Reader::from_str(text);
        // A lone ampersand in a camera's name is no reason to lose the recorder.
        reader.config_mut().allow_dangling_amp = true;
        loop {
            let event = reader.read_event().map_err(|problem| malformed(reader.error_position(), &problem))?;
            match event {
                Event::Start(start) => builder.open(&start)?,
                Event::Empty(start) => {
                    builder.open(&start)?;
                    builder.close();
                }
                Event::End(_) => builder.close(),
                Event::Text(text) => builder.text(&text)?,
                Event::CData(text) => builder.text(&text)?,
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => builder.text(character.encode_utf8(&mut [0; 4]))?,
                    // One that XML does not define stays as it was written.
                    _ => match resolve_predefined_entity(&reference) {
                        Some(text) => builder.text(text)?,
                        None => builder.text(&format!("&{};", &*reference))?,
                    },
                },
                Event::DocType(_) => return Err(XmlError::Doctype),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return builder.finish(),
            }
        }
    }

    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }

    /// The root's first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Node<'_>> {
        self.root().child(name)
    }

    /// The root's children of this name, in order.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.root().children(name)
    }

    /// As [`Node::at`], from the root.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Node<'_>> {
        self.root().at(path)
    }

    /// As [`Node::text_at`], from the root.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.root().text_at(path)
    }

    fn slice(&self, range: &Range<u32>) -> &str {
        &self.heap[range.start as usize..range.end as usize]
    }
}

impl<'a> Node<'a> {
    fn element(self) -> &'a Element {
        &self.tree.elements[self.index as usize]
    }

    /// Without its prefix.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.tree.slice(&self.element().name)
    }

    /// Its own text, without that of its children, trimmed.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.tree.slice(&self.element().text)
    }

    /// The value of the attribute of this local name.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        let Range { start, end } = self.element().attributes;
        let attributes = &self.tree.attributes[start as usize..end as usize];
        attributes.iter().find(|a| self.tree.slice(&a.name) == name).map(|a| self.tree.slice(&a.value))
    }

    /// All children, in order.
    pub fn elements(self) -> impl Iterator<Item = Node<'a>> {
        let node = move |index: u32| (index != NONE).then_some(Node { tree: self.tree, index });
        iter::successors(node(self.element().first_child), move |child| node(child.element().next_sibling))
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Node<'a>> {
        self.elements().find(|child| child.name() == name)
    }

    /// The children of this name, in order.
    pub fn children<'n>(self, name: &'n str) -> impl Iterator<Item = Node<'a>> + use<'a, 'n> {
        self.elements().filter(move |child| child.name() == name)
    }

    /// Down a path of names, `a/b/c`, by the first child of each name.
    #[must_use]
    pub fn at(self, path: &str) -> Option<Node<'a>> {
        path.split('/').try_fold(self, Node::child)
    }

    /// The text at a path; `None` where there is no such element or it is empty.
    #[must_use]
    pub fn text_at(self, path: &str) -> Option<&'a str> {
        self.at(path).map(Node::text).filter(|text| !text.is_empty())
    }

    /// This element and all below it, in the order of the document.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        let mut ahead = vec![self];
        iter::from_fn(move || {
            let node = ahead.pop()?;
            let at = ahead.len();
            ahead.extend(node.elements());
            ahead[at..].reverse();
            Some(node)
        })
    }
}

/// What the bytes say: UTF-16 where they begin so, else UTF-8, with U+FFFD for what is neither.
fn decode(body: &[u8]) -> Cow<'_, str> {
    let (skip, unit): (usize, fn([u8; 2]) -> u16) = match body {
        [0xff, 0xfe, ..] => (2, u16::from_le_bytes),
        [0xfe, 0xff, ..] => (2, u16::from_be_bytes),
        [b'<', 0, ..] => (0, u16::from_le_bytes),
        [0, b'<', ..] => (0, u16::from_be_bytes),
        _ => return String::from_utf8_lossy(body),
    };
    let units = body[skip..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn malformed(at: u64, problem: &quick_xml::Error) -> XmlError {
    match problem {
        // The tokenizer's own words for a markup that is cut off.
        quick_xml::Error::Syntax(_) => XmlError::Truncated,
        _ => XmlError::Malformed { at, problem: shorten(&problem.to_string()) },
    }
}

/// A message that quotes the document must not be as long as it.
fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}

#[derive(Default)]
struct Builder {
    heap: String,
    elements: Vec<Element>,
    attributes: Vec<Attribute>,
    open: Vec<Open>,
}

/// An element whose end has not come.
struct Open {
    index: u32,
    last_child: u32,
    text: String,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        if self.open.is_empty() && !self.elements.is_empty() {
            return Err(XmlError::OutsideOfRoot);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(XmlError::TooDeep(MAX_DEPTH));
        }
        if self.elements.len() == MAX_ELEMENTS {
            return Err(XmlError::TooMany(MAX_ELEMENTS));
        }
        let index = position(self.elements.len());
        let first_attribute = position(self.attributes.len());
        // Twice the same attribute is not worth the quadratic time of finding it.
        for attribute in start.attributes().with_checks(false).flatten() {
            if self.attributes.len() == MAX_ATTRIBUTES {
                return Err(XmlError::TooMany(MAX_ATTRIBUTES));
            }
            let name = self.keep(local(attribute.key.local_name().into_inner()));
            let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => self.keep(&value),
                Err(_) => self.keep(&attribute.value),
            };
            self.attributes.push(Attribute { name, value });
        }
        let name = self.keep(local(start.local_name().into_inner()));
        self.elements.push(Element {
            name,
            text: 0..0,
            attributes: first_attribute..position(self.attributes.len()),
            first_child: NONE,
            next_sibling: NONE,
        });
        if let Some(parent) = self.open.last_mut() {
            match parent.last_child {
                NONE => self.elements[parent.index as usize].first_child = index,
                last => self.elements[last as usize].next_sibling = index,
            }
            parent.last_child = index;
        }
        self.open.push(Open { index, last_child: NONE, text: String::new() });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(XmlError::OutsideOfRoot),
        }
        Ok(())
    }

    /// The reader holds that every end has its start.
    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.elements[open.index as usize].text = self.keep(open.text.trim());
        }
    }

    fn keep(&mut self, text: &str) -> Range<u32> {
        let start = position(self.heap.len());
        self.heap.push_str(text);
        start..position(self.heap.len())
    }

    fn finish(self) -> Result<Tree, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::Truncated);
        }
        if self.elements.is_empty() {
            return Err(XmlError::Empty);
        }
        Ok(Tree { heap: self.heap, elements: self.elements, attributes: self.attributes })
    }
}

/// A name behind its last colon, for markup that has more than the one of a prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The bounds keep every position far below four thousand million.
fn position(length: usize) -> u32 {
    u32::try_from(length).expect("a document within the bounds")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn names_are_local_whatever_the_namespaces_say() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?><!-- x --><a:storage xmlns:a="urn:x" a:version="2.0">
            <hddList><b:hdd xmlns:b="urn:y"> <id>1</id><status>ok</status></b:hdd><hdd><id>2</id></hdd></hddList>
            <workMode opt="group,quota">quota</workMode><empty/></a:storage>"#;
        let tree = tree(text);
        assert_eq!(tree.root().name(), "storage");
        assert_eq!(tree.root().attribute("version"), Some("2.0"));
        let ids: Vec<_> = tree.at("hddList").unwrap().children("hdd").map(|hdd| hdd.text_at("id").unwrap()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(tree.child("workMode").unwrap().attribute("opt"), Some("group,quota"));
        assert_eq!(tree.text_at("empty"), None, "an empty element says nothing");
        assert_eq!(tree.text_at("hddList/hdd/nothing"), None);
        let names: Vec<_> = tree.root().descendants().map(Node::name).collect();
        assert_eq!(names, ["storage", "hddList", "hdd", "id", "status", "hdd", "id", "workMode", "empty"]);
    }

    #[test]
    fn a_name_is_what_stands_behind_its_last_colon() {
        // Found by fuzzing: an attribute that has grown together with its element.
        let tree = tree("<a:b><idmlns:a='n:x'/></a:b>");
        assert!(tree.root().descendants().all(|node| !node.name().contains(':')));
    }

    #[test]
    fn text_is_joined_over_references_sections_and_comments() {
        let tree =
            tree("<a t='&lt;&amp;'>x &amp; y<!-- no --> <![CDATA[<z>]]>&#233;&#xe9; <b>other</b> &nbsp; R&D</a>");
        assert_eq!(tree.root().text(), "x & y <z>éé  &nbsp; R&D");
        assert_eq!(tree.root().attribute("t"), Some("<&"));
    }

    #[test]
    fn every_encoding_is_read_or_replaced() {
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> { "<a>Đê</a>".encode_utf16().flat_map(order).collect() };
        for body in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            assert_eq!(Tree::parse(&body).unwrap().root().text(), "Đê");
        }
        assert_eq!(Tree::parse("\u{feff}<a>Đê</a>".as_bytes()).unwrap().root().text(), "Đê");
        let gbk = [b"<?xml version='1.0' encoding='GBK'?><a>".as_slice(), &[0xc9, 0xe3], b"</a>"].concat();
        assert!(Tree::parse(&gbk).unwrap().root().text().contains('\u{fffd}'));
    }

    #[test]
    fn what_is_cut_off_is_never_taken_for_a_document() {
        let text = "<?xml version=\"1.0\"?><a x='1'><b>1</b><!-- c --><c><![CDATA[2]]></c>&amp;</a>";
        for end in 0..text.len() {
            assert!(Tree::parse(&text.as_bytes()[..end]).is_err(), "{}", &text[..end]);
        }
        assert!(Tree::parse(text.as_bytes()).is_ok());
    }

    #[test]
    fn bounds_hold_against_documents_made_to_hurt() {
        let deep = "<a>".repeat(100_000);
        assert_eq!(Tree::parse(deep.as_bytes()), Err(XmlError::TooDeep(MAX_DEPTH)));
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        assert_eq!(Tree::parse(wide.as_bytes()), Err(XmlError::TooMany(MAX_ELEMENTS)));
        let attributes = format!("<a {}/>", "x='' ".repeat(MAX_ATTRIBUTES + 1));
        assert_eq!(Tree::parse(attributes.as_bytes()), Err(XmlError::TooMany(MAX_ATTRIBUTES)));
        assert_eq!(Tree::parse(&vec![b' '; MAX_BYTES + 1]), Err(XmlError::TooLarge(MAX_BYTES + 1)));
        let laughs = r#"<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;">]><a>&m;</a>"#;
        assert_eq!(Tree::parse(laughs.as_bytes()), Err(XmlError::Doctype));
        let file = r#"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#;
        assert_eq!(Tree::parse(file.as_bytes()), Err(XmlError::Doctype));
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (body, error) in [
            ("", XmlError::Empty),
            (" \n", XmlError::Empty),
            ("<!-- only -->", XmlError::Empty),
            ("<a/><b/>", XmlError::OutsideOfRoot),
            ("Unauthorized", XmlError::OutsideOfRoot),
            ("<a>x</a>y", XmlError::OutsideOfRoot),
        ] {
            assert_eq!(Tree::parse(body.as_bytes()), Err(error), "{body}");
        }
        assert!(matches!(Tree::parse(b"<a></b>"), Err(XmlError::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_tree_or_an_error(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Tree::parse(&body);
        }

        #[test]
        fn any_markup_is_a_tree_or_an_error(body in r#"[<>/a-c "'=!?\[\]&;#x0-9-]{0,120}"#) {
            if let Ok(tree) = Tree::parse(body.as_bytes()) {
                prop_assert!(tree.root().descendants().count() >= 1);
            }
        }
    }
}
