//! What types of events and constants a chunk has.

use std::collections::HashMap;

use super::reader::{ByteReader, Result, Text};

/// Elements are nested no deeper than this: root, metadata, class, field, annotation.
const DEEPEST: usize = 16;

/// A type of events, constants or parts of them.
#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) class: i64,
    pub(super) is_array: bool,
    /// Whether what is written is the number of a constant.
    pub(super) is_constant: bool,
}

/// All types by their numbers.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) classes: HashMap<i64, Class>,
}

impl Metadata {
    /// Reads the event with the metadata.
    pub(super) fn read(mut reader: ByteReader<'_>) -> Result<Self> {
        reader.int()?;
        if reader.long()? != 0 {
            return Err("there are no metadata where they should be".to_owned());
        }
        // Start, duration, and the number of the metadata.
        reader.long()?;
        reader.long()?;
        reader.long()?;
        let strings = (0..reader.count()?)
            .map(|_| match reader.text()? {
                Text::Here(text) => Ok(text),
                Text::Constant(_) => Err("a text of the metadata is a constant".to_owned()),
            })
            .collect::<Result<Vec<String>>>()?;
        let mut metadata = Metadata::default();
        metadata.element(&mut reader, &strings, None, 0)?;
        Ok(metadata)
    }

    /// Reads an element with all that are in it; `class` is the class around it.
    fn element(
        &mut self,
        reader: &mut ByteReader<'_>,
        strings: &[String],
        class: Option<i64>,
        depth: usize,
    ) -> Result<()> {
        if depth > DEEPEST {
            return Err("metadata are nested too deeply".to_owned());
        }
        let string = |index: i64| {
            let found = usize::try_from(index).ok().and_then(|index| strings.get(index));
            found
                .map(String::as_str)
                .ok_or_else(|| format!("text {index} of {} in the metadata", strings.len()))
        };
        let name = string(reader.int()?)?;
        let mut attributes: HashMap<&str, &str> = HashMap::new();
        for _ in 0..reader.count()? {
            let key = string(reader.int()?)?;
            attributes.insert(key, string(reader.int()?)?);
        }
        let number = |key: &str| -> Option<i64> { attributes.get(key)?.parse().ok() };
        let mut inside = class;
        match (name, class) {
            ("class", _) => {
                let id = number("id").ok_or("a type without a number")?;
                let name = attributes.get("name").copied().unwrap_or_default().to_owned();
                self.classes.insert(id, Class { name, fields: Vec::new() });
                inside = Some(id);
            }
            ("field", Some(class)) => {
                let field = Field {
                    name: attributes.get("name").copied().unwrap_or_default().to_owned(),
                    class: number("class").ok_or("a field without a type")?,
                    is_array: number("dimension").is_some_and(|dimension| dimension > 0),
                    is_constant: attributes.get("constantPool") == Some(&"true"),
                };
                if let Some(class) = self.classes.get_mut(&class) {
                    class.fields.push(field);
                }
            }
            _ => {}
        }
        for _ in 0..reader.count()? {
            self.element(reader, strings, inside, depth + 1)?;
        }
        Ok(())
    }
}
