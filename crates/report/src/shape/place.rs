//! Places of a program in shapes.

use std::borrow::Cow;

use hotlist_analyze::{Name, NodeInfo, PlaceKey, object_label};
use serde::{Serialize, Serializer};

/// A place in a program: a function, a file, a line or an address.
///
/// In JSON it has a `key` beside these fields: [`Place::key`] as text, which is the same in every view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What reports call it.
    pub label: String,
    /// Function name; empty when unknown or not told apart.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Instruction address.
    pub address: u64,
    /// Object file.
    pub object: String,
}

impl Place {
    /// The identity of the place.
    pub fn key(&self) -> PlaceKey {
        let Place { label: _, function, file, line, column, address, object } = self.clone();
        PlaceKey { function, file, line, column, address, object }
    }

    /// What to call it when neither its function nor its file is known.
    pub fn object_label(&self) -> Cow<'_, str> {
        object_label(&self.object)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            key: String,
            label: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            function: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            file: &'a str,
            #[serde(skip_serializing_if = "is_zero")]
            line: i64,
            #[serde(skip_serializing_if = "is_zero")]
            column: i64,
            #[serde(skip_serializing_if = "is_no_address")]
            address: u64,
            #[serde(skip_serializing_if = "str::is_empty")]
            object: &'a str,
        }
        let Place { label, function, file, line, column, address, object } = self;
        let (line, column, address) = (*line, *column, *address);
        Fields { key: self.key().to_string(), label, function, file, line, column, address, object }
            .serialize(serializer)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_no_address(address: &u64) -> bool {
    *address == 0
}

impl From<NodeInfo> for Place {
    fn from(info: NodeInfo) -> Place {
        let label = info.printable_name();
        let NodeInfo { name: function, file, address, line, column, object, .. } = info;
        Place { label, function, file, line, column, address, object }
    }
}

impl From<&Name> for Place {
    fn from(Name { info, printable }: &Name) -> Place {
        let NodeInfo { name: function, file, address, line, column, object, .. } = info.clone();
        Place { label: printable.clone(), function, file, line, column, address, object }
    }
}
