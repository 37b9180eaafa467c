//! Reads the vectors (see README.md in this folder).
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::oracle::Item;

pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) start: String,
    pub(crate) limit: Option<usize>,
    pub(crate) stream: Vec<u8>,
    pub(crate) items: Vec<Item>,
}

/// All vectors, in the order of their names.
pub(crate) fn read() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/vectors");
    let files = fs::read_dir(directory).expect("the folder of the vectors can be read");
    let mut vectors: Vec<Vector> = files
        .map(|entry| entry.expect("its entries can be read").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| read_file(&path))
        .collect();
    vectors.sort_by(|a, b| a.name.cmp(&b.name));
    vectors
}

fn read_file(path: &Path) -> Vector {
    let name = path
        .file_stem()
        .expect("a file has a name")
        .to_string_lossy()
        .into_owned();
    let text = fs::read_to_string(path).expect("a vector can be read");
    let file: File =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("vector {name}: {error}"));
    assert!(!file.why.is_empty(), "vector {name} does not say why");
    Vector {
        name,
        start: file.start,
        limit: file.limit,
        stream: file.stream.iter().flat_map(Piece::to_bytes).collect(),
        items: file.items.into_iter().map(Item::from).collect(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    why: String,
    #[serde(default)]
    start: String,
    limit: Option<usize>,
    stream: Vec<Piece>,
    items: Vec<FileItem>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Piece {
    Text(String),
    Hex { hex: String },
    Repeat { repeat: Box<Piece>, times: usize },
}

impl Piece {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Hex { hex } => {
                let byte = |digits| u8::from_str_radix(digits, 16).expect("two hex digits");
                hex.split(' ').map(byte).collect()
            }
            Self::Repeat { repeat, times } => repeat.to_bytes().repeat(*times),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Short(String),
    Long(Vec<Piece>),
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text {
            Text::Short(text) => text,
            Text::Long(pieces) => {
                let bytes = pieces.iter().flat_map(Piece::to_bytes).collect();
                Self::from_utf8(bytes).expect("a text in a vector is UTF-8")
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all_fields = "camelCase")]
enum FileItem {
    Event {
        r#type: String,
        data: Text,
        last_event_id: String,
    },
    LastEventId {
        last_event_id: String,
    },
    Retry {
        retry: String,
    },
    Comment {
        comment: String,
    },
    TooLarge {
        too_large: bool,
    },
}

impl From<FileItem> for Item {
    fn from(item: FileItem) -> Self {
        match item {
            FileItem::Event {
                r#type,
                data,
                last_event_id,
            } => Self::Event {
                event_type: r#type,
                data: data.into(),
                last_event_id,
            },
            FileItem::LastEventId { last_event_id } => Self::LastEventId(last_event_id),
            FileItem::Retry { retry } => Self::ReconnectionTime(milliseconds(&retry)),
            FileItem::Comment { comment } => Self::Comment(comment),
            FileItem::TooLarge { too_large } => {
                assert!(too_large, "`tooLarge` is true where it stands");
                Self::TooLarge
            }
        }
    }
}

/// A time that does not fit is the largest that does.
fn milliseconds(digits: &str) -> u64 {
    assert!(
        digits.bytes().all(|byte| byte.is_ascii_digit()),
        "`retry` is a decimal string"
    );
    digits.parse().unwrap_or(u64::MAX)
}
