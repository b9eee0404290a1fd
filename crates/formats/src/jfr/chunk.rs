//! A chunk: its header, its types, its constants and its events.

use std::cell::Cell;
use std::collections::HashMap;

use super::metadata::{Class, Field, Metadata};
use super::reader::{ByteReader, Result, Text};

/// Bytes of the header.
pub(super) const HEADER: usize = 68;
/// Values of types are nested no deeper than this.
const DEEPEST: usize = 32;
/// The type of events that hold constants.
const CONSTANTS: i64 = 1;

/// A part of a recording that stands for itself.
pub(super) struct Chunk<'a> {
    pub(super) data: &'a [u8],
    pub(super) start_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) start_ticks: i64,
    pub(super) ticks_per_second: i64,
    pub(super) metadata: Metadata,
    constants: HashMap<(i64, i64), Value>,
    is_compressed: bool,
    /// How many values constants may have.
    limit: usize,
    budget: Cell<usize>,
}

/// A value of some type.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(i64),
    Decimal(f64),
    Text(Text),
    /// The number of a constant of a type.
    Constant(i64, i64),
    /// The values of the fields of a type.
    Object(i64, Vec<Value>),
    Array(Vec<Value>),
}

/// An event: its type and where its fields are.
pub(super) struct Event<'a> {
    pub(super) class: i64,
    fields: ByteReader<'a>,
}

impl<'a> Chunk<'a> {
    /// The chunk at the start of `data`, whose constants may have `limit` values; `None` when it was not finished.
    pub(super) fn at(data: &'a [u8], limit: usize) -> Result<Option<Self>> {
        let mut reader = ByteReader::new(data, false);
        if reader.bytes(4)? != b"FLR\0" {
            return Err("this is not the start of a chunk".to_owned());
        }
        let major = u16::from_be_bytes(reader.fixed()?);
        let minor = u16::from_be_bytes(reader.fixed()?);
        if major != 2 {
            return Err(format!("version {major}.{minor} of the format is not read"));
        }
        let mut long = || reader.fixed().map(i64::from_be_bytes);
        let (size, _constants, metadata) = (long()?, long()?, long()?);
        let (start_nanos, duration_nanos) = (long()?, long()?);
        let (start_ticks, ticks_per_second) = (long()?, long()?);
        let features = u32::from_be_bytes(reader.fixed()?);
        if size == 0 || metadata == 0 {
            return Ok(None);
        }
        let size = usize::try_from(size).ok().filter(|&size| size >= HEADER);
        let size = size.ok_or("the size of a chunk is too small")?;
        let Some(data) = data.get(..size) else { return Ok(None) };
        let is_compressed = features & 1 == 1;
        let metadata = usize::try_from(metadata)
            .ok()
            .and_then(|at| data.get(at..))
            .filter(|rest| rest.len() < data.len());
        let metadata = metadata.ok_or("the metadata lie outside of the chunk")?;
        let metadata = Metadata::read(ByteReader::new(metadata, is_compressed))?;
        let mut chunk = Chunk {
            data,
            start_nanos,
            duration_nanos,
            start_ticks,
            ticks_per_second: ticks_per_second.max(1),
            metadata,
            constants: HashMap::new(),
            is_compressed,
            limit,
            budget: Cell::new(limit),
        };
        let mut constants = HashMap::new();
        chunk.each_event(|event| match event.class {
            CONSTANTS => chunk.add_constants(event.fields, &mut constants),
            _ => Ok(()),
        })?;
        chunk.constants = constants;
        Ok(Some(chunk))
    }

    /// Calls `take` with each event in their order.
    pub(super) fn each_event(&self, mut take: impl FnMut(Event<'a>) -> Result<()>) -> Result<()> {
        let mut rest = &self.data[HEADER..];
        while !rest.is_empty() {
            let mut reader = ByteReader::new(rest, self.is_compressed);
            let size = reader.int()?;
            let header = rest.len() - reader.left();
            let size = usize::try_from(size).ok().filter(|&size| size > header && size <= rest.len());
            let size = size.ok_or("the size of an event is impossible")?;
            let mut fields = ByteReader::new(&rest[header..size], self.is_compressed);
            let class = fields.long()?;
            take(Event { class, fields })?;
            rest = &rest[size..];
        }
        Ok(())
    }

    fn add_constants(
        &self,
        mut reader: ByteReader<'_>,
        constants: &mut HashMap<(i64, i64), Value>,
    ) -> Result<()> {
        // Start, duration, where the constants before these are, and whether they were flushed.
        reader.long()?;
        reader.long()?;
        reader.long()?;
        reader.byte()?;
        for _ in 0..reader.count()? {
            let class = reader.long()?;
            for _ in 0..reader.count()? {
                let index = reader.long()?;
                let value = self.value(&mut reader, class, 0)?;
                // A type may occur several times in one list.
                constants.insert((class, index), value);
            }
        }
        Ok(())
    }

    /// Reads a value of a type.
    fn value(&self, reader: &mut ByteReader<'_>, id: i64, depth: usize) -> Result<Value> {
        if depth > DEEPEST {
            return Err("values are nested too deeply".to_owned());
        }
        self.spend()?;
        let class = self.metadata.classes.get(&id).ok_or_else(|| format!("type {id} is not described"))?;
        Ok(match &*class.name {
            "boolean" | "byte" => Value::Number(i64::from(reader.byte()? as i8)),
            "short" | "char" => Value::Number(reader.short()?),
            "int" => Value::Number(reader.int()?),
            "long" => Value::Number(reader.long()?),
            "float" => Value::Decimal(f64::from(f32::from_be_bytes(reader.fixed()?))),
            "double" => Value::Decimal(f64::from_be_bytes(reader.fixed()?)),
            "java.lang.String" => Value::Text(reader.text()?),
            _ => Value::Object(id, self.fields(reader, class, depth)?),
        })
    }

    fn fields(&self, reader: &mut ByteReader<'_>, class: &Class, depth: usize) -> Result<Vec<Value>> {
        let one = |reader: &mut ByteReader<'_>, field: &Field| {
            if field.is_constant {
                Ok(Value::Constant(field.class, reader.long()?))
            } else {
                self.value(reader, field.class, depth + 1)
            }
        };
        let mut values = Vec::with_capacity(class.fields.len());
        for field in &class.fields {
            values.push(if field.is_array {
                let count = reader.count()?;
                let mut items = Vec::new();
                for _ in 0..count {
                    self.spend()?;
                    items.push(one(reader, field)?);
                }
                Value::Array(items)
            } else {
                one(reader, field)?
            });
        }
        Ok(values)
    }

    /// Counts a value against the limit.
    fn spend(&self) -> Result<()> {
        let left = self
            .budget
            .get()
            .checked_sub(1)
            .ok_or("the constants take too much memory; -max_size raises the limit")?;
        self.budget.set(left);
        Ok(())
    }

    /// The fields of an event, as one value.
    pub(super) fn event(&self, event: &Event<'_>) -> Result<Value> {
        let class = self
            .metadata
            .classes
            .get(&event.class)
            .ok_or_else(|| format!("type {} is not described", event.class))?;
        self.budget.set(self.limit);
        Ok(Value::Object(event.class, self.fields(&mut event.fields.clone(), class, 0)?))
    }

    /// What a value is once constants are followed.
    pub(super) fn resolve<'b>(&'b self, value: &'b Value) -> Option<&'b Value> {
        let mut value = value;
        for _ in 0..DEEPEST {
            match value {
                Value::Constant(class, index) => value = self.constants.get(&(*class, *index))?,
                other => return Some(other),
            }
        }
        None
    }

    /// A field of an object, before constants are followed.
    pub(super) fn raw_field<'b>(&'b self, object: &'b Value, name: &str) -> Option<&'b Value> {
        let Value::Object(class, values) = self.resolve(object)? else { return None };
        let position =
            self.metadata.classes.get(class)?.fields.iter().position(|field| field.name == name)?;
        values.get(position)
    }

    /// A field of an object.
    pub(super) fn field<'b>(&'b self, object: &'b Value, name: &str) -> Option<&'b Value> {
        self.resolve(self.raw_field(object, name)?)
    }

    pub(super) fn number(&self, object: &Value, name: &str) -> Option<i64> {
        match self.field(object, name)? {
            Value::Number(number) => Some(*number),
            Value::Decimal(number) => Some(*number as i64),
            _ => None,
        }
    }

    /// A field that is a text, or an object around one; empty ones count as missing.
    pub(super) fn text<'b>(&'b self, object: &'b Value, name: &str) -> Option<&'b str> {
        let text = match self.field(object, name)? {
            Value::Text(text) => self.string(text)?,
            symbol @ Value::Object(..) => match self.field(symbol, "string")? {
                Value::Text(text) => self.string(text)?,
                _ => return None,
            },
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn string<'b>(&'b self, text: &'b Text) -> Option<&'b str> {
        match text {
            Text::Here(text) => Some(text),
            Text::Constant(index) => {
                let class =
                    self.metadata.classes.iter().find(|(_, class)| class.name == "java.lang.String")?;
                match self.constants.get(&(*class.0, *index))? {
                    Value::Text(Text::Here(text)) => Some(text),
                    _ => None,
                }
            }
        }
    }
}
