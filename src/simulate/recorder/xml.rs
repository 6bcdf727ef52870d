//! The XML of requests as a tree of local names, and text made safe for answers.

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// Deeper requests are no requests.
const DEEPEST: usize = 64;

/// An element. Namespaces are not looked at; attributes are kept as they were written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    /// The tag as it was written, attributes and prefixes included.
    pub(super) tag: String,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The root of a document; nothing where it is not well-formed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(tag) => {
                    if open.len() > DEEPEST {
                        return None;
                    }
                    open.push(Self::named(tag.local_name().as_ref(), tag.as_ref()));
                }
                Event::Empty(tag) => {
                    open.last_mut()?.children.push(Self::named(tag.local_name().as_ref(), tag.as_ref()));
                }
                Event::End(_) => {
                    let node = open.pop()?;
                    open.last_mut()?.children.push(node);
                }
                Event::Text(part) => open.last_mut()?.text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
                Event::GeneralRef(reference) => {
                    let one = match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => reference.resolve_char_ref().ok()??,
                    };
                    open.last_mut()?.text.push(one);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document = open.pop().filter(|_| open.is_empty())?;
        (document.children.len() == 1).then(|| document.children.remove(0))
    }

    fn named(name: &str, tag: &str) -> Self {
        Self { name: name.to_owned(), tag: tag.to_owned(), ..Self::default() }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first element of that name at any depth, itself included.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name { Some(self) } else { self.children.iter().find_map(|child| child.find(name)) }
    }

    /// The trimmed text of the first element of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.find(name).map(|node| node.text.trim())
    }
}

/// Text for an element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Node, escaped};

    #[test]
    fn a_request_is_read_by_local_names_and_only_where_it_is_well_formed() {
        let root = Node::parse("<?xml version=\"1.0\"?><s:A xmlns:s=\"u\"><s:B>x &amp; &#55;</s:B><C/></s:A>").unwrap();
        assert_eq!((root.name.as_str(), root.value("B"), root.value("C")), ("A", Some("x & 7"), Some("")));
        assert!(root.tag.contains("xmlns:s"));
        for broken in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&none;</a>", &"<a>".repeat(9999)] {
            assert_eq!(Node::parse(broken), None, "{broken:.20}");
        }
        assert_eq!(escaped("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
    }
}
