//! Decoding the messages of a file in a known layout.

use super::Layout;
use super::model::{
    Attribute, AttributeValue, Document, FunctionRow, Key, LineRow, LocationRow, MappingRow, OneProfile,
    SampleRow, Stack, Tables, TypeRow,
};
use super::wire::{default_sample_type, messages, profiles};
use crate::protobuf::{Broken, Fields, Value, fixed_numbers, numbers};

pub(super) fn decode(data: &[u8], layout: Layout) -> Result<Document, Broken> {
    let mut document = Document { default_type: default_sample_type(data)?, ..Document::default() };
    if layout != Layout::OwnTables {
        let mut tables = Tables::default();
        for dictionary in messages(data, 2)? {
            add_tables(dictionary, &DICTIONARY, layout, &mut tables)?;
        }
        document.tables.push(tables);
    }
    for message in profiles(data)? {
        if layout == Layout::OwnTables {
            let mut tables = Tables::default();
            add_tables(message, &OWN_TABLES, layout, &mut tables)?;
            document.tables.push(tables);
        }
        let tables = document.tables.len() - 1;
        document.profiles.push(OneProfile { tables, ..profile(message, layout)? });
    }
    if document.tables.is_empty() {
        document.tables.push(Tables::default());
    }
    Ok(document)
}

/// Numbers of the fields that are tables.
struct TableFields {
    mapping: u32,
    location: u32,
    function: u32,
    attribute: u32,
    string: u32,
    stack: Option<u32>,
}

const OWN_TABLES: TableFields =
    TableFields { mapping: 3, location: 4, function: 6, attribute: 7, string: 10, stack: None };
const DICTIONARY: TableFields =
    TableFields { mapping: 1, location: 2, function: 3, attribute: 6, string: 5, stack: Some(7) };

fn add_tables(
    message: &[u8],
    fields: &TableFields,
    layout: Layout,
    tables: &mut Tables,
) -> Result<(), Broken> {
    for field in Fields::new(message) {
        let (number, Value::Bytes(inner)) = field? else { continue };
        if number == fields.string {
            tables.strings.push(inner.to_vec());
        } else if number == fields.mapping {
            tables.mappings.push(mapping(inner)?);
        } else if number == fields.location {
            tables.locations.push(location(inner, layout)?);
        } else if number == fields.function {
            tables.functions.push(function(inner)?);
        } else if number == fields.attribute {
            tables.attributes.push(attribute(inner, layout)?);
        } else if Some(number) == fields.stack && layout != Layout::Ranges {
            let mut locations = Vec::new();
            for field in Fields::new(inner) {
                if let (1, value) = field? {
                    numbers(value, &mut locations)?;
                }
            }
            tables.stacks.push(locations);
        }
    }
    Ok(())
}

fn mapping(message: &[u8]) -> Result<MappingRow, Broken> {
    let mut row = MappingRow::default();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Varint(value)) => row.start = value,
            (2, Value::Varint(value)) => row.limit = value,
            (3, Value::Varint(value)) => row.offset = value,
            (4, Value::Varint(value)) => row.filename = value,
            (5, value) => numbers(value, &mut row.attributes)?,
            _ => {}
        }
    }
    Ok(row)
}

fn location(message: &[u8], layout: Layout) -> Result<LocationRow, Broken> {
    let attributes = if matches!(layout, Layout::OwnTables | Layout::Ranges) { 5 } else { 4 };
    let mut row = LocationRow::default();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Varint(value)) => row.mapping = value,
            (2, Value::Varint(value)) => row.address = value,
            (3, Value::Bytes(line)) => {
                let mut parts = LineRow::default();
                for field in Fields::new(line) {
                    match field? {
                        (1, Value::Varint(value)) => parts.function = value,
                        (2, Value::Varint(value)) => parts.line = value as i64,
                        (3, Value::Varint(value)) => parts.column = value as i64,
                        _ => {}
                    }
                }
                row.lines.push(parts);
            }
            (number, value) if number == attributes => numbers(value, &mut row.attributes)?,
            _ => {}
        }
    }
    Ok(row)
}

fn function(message: &[u8]) -> Result<FunctionRow, Broken> {
    let mut row = FunctionRow::default();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Varint(value)) => row.name = value,
            (2, Value::Varint(value)) => row.system_name = value,
            (3, Value::Varint(value)) => row.filename = value,
            (4, Value::Varint(value)) => row.start_line = value as i64,
            _ => {}
        }
    }
    Ok(row)
}

fn attribute(message: &[u8], layout: Layout) -> Result<Attribute, Broken> {
    let mut row = Attribute::default();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Bytes(key)) if matches!(layout, Layout::OwnTables | Layout::Ranges) => {
                row.key = Key::Text(key.to_vec());
            }
            (1, Value::Varint(key)) => row.key = Key::Row(key),
            (2, Value::Bytes(value)) => row.value = any_value(value, false)?,
            (3, Value::Varint(unit)) => row.unit = unit,
            _ => {}
        }
    }
    Ok(row)
}

/// An `AnyValue`; `is_item` where it is one of an array, in which arrays are none.
fn any_value(message: &[u8], is_item: bool) -> Result<AttributeValue, Broken> {
    let mut found = AttributeValue::None;
    for field in Fields::new(message) {
        found = match field? {
            (1 | 7, Value::Bytes(text)) => AttributeValue::Text(text.to_vec()),
            (2, Value::Varint(flag)) => {
                AttributeValue::Text(if flag == 0 { b"false".to_vec() } else { b"true".to_vec() })
            }
            (3, Value::Varint(number)) => AttributeValue::Number(number as i64),
            (4, Value::Fixed64(bits)) => AttributeValue::Text(f64::from_bits(bits).to_string().into_bytes()),
            (5, Value::Bytes(array)) if !is_item => {
                let items = messages(array, 1)?;
                AttributeValue::Several(
                    items.into_iter().map(|item| any_value(item, true)).collect::<Result<_, _>>()?,
                )
            }
            (8, Value::Varint(row)) => AttributeValue::Row(row),
            _ => AttributeValue::None,
        };
    }
    Ok(found)
}

fn value_type(message: &[u8]) -> Result<TypeRow, Broken> {
    let mut row = TypeRow::default();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Varint(value)) => row.kind = value,
            (2, Value::Varint(value)) => row.unit = value,
            _ => {}
        }
    }
    Ok(row)
}

fn profile(message: &[u8], layout: Layout) -> Result<OneProfile, Broken> {
    // Numbers of the fields for time, duration, period type and period, and that of the locations of ranges.
    let ([time, duration, period_type, period], locations) = match layout {
        Layout::OwnTables => ([11, 12, 13, 14], Some(5)),
        Layout::Ranges => ([4, 5, 6, 7], Some(3)),
        Layout::ValuesFirst | Layout::AttributesFirst => ([3, 4, 5, 6], None),
    };
    let mut result = OneProfile::default();
    let mut ranges = Vec::new();
    for field in Fields::new(message) {
        match field? {
            (1, Value::Bytes(inner)) => result.types.push(value_type(inner)?),
            (number, value) if Some(number) == locations => numbers(value, &mut ranges)?,
            (number, Value::Varint(value) | Value::Fixed64(value)) if number == time => result.time = value,
            (number, Value::Varint(value) | Value::Fixed64(value)) if number == duration => {
                result.duration = value;
            }
            (number, Value::Bytes(inner)) if number == period_type => result.period_type = value_type(inner)?,
            (number, Value::Varint(value)) if number == period => result.period = value as i64,
            _ => {}
        }
    }
    for inner in messages(message, 2)? {
        result.samples.push(sample(inner, layout, &ranges)?);
    }
    Ok(result)
}

fn sample(message: &[u8], layout: Layout, ranges: &[u64]) -> Result<SampleRow, Broken> {
    let has_ranges = matches!(layout, Layout::OwnTables | Layout::Ranges);
    let [values, attributes, timestamps] = match layout {
        Layout::OwnTables | Layout::Ranges => [3, 4, 6],
        Layout::ValuesFirst => [2, 3, 5],
        Layout::AttributesFirst => [4, 2, 5],
    };
    let mut row = SampleRow::default();
    let (mut start, mut length) = (0, 0);
    for field in Fields::new(message) {
        match field? {
            (1, Value::Varint(value)) if has_ranges => start = value,
            (2, Value::Varint(value)) if has_ranges => length = value,
            (1, Value::Varint(value)) => row.stack = Stack::Row(value),
            (number, value) if number == values => {
                let mut all = Vec::new();
                numbers(value, &mut all)?;
                row.values.extend(all.into_iter().map(|value| value as i64));
            }
            (number, value) if number == attributes => numbers(value, &mut row.attributes)?,
            (number, value) if number == timestamps => match value {
                // Fixed in later releases, of any length before.
                Value::Bytes(bytes) if layout == Layout::OwnTables && bytes.len() % 8 != 0 => {
                    numbers(value, &mut row.timestamps)?;
                }
                _ => fixed_numbers(value, &mut row.timestamps)?,
            },
            _ => {}
        }
    }
    if has_ranges {
        let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
        let range = range.and_then(|(start, length)| ranges.get(start..start.checked_add(length)?));
        row.stack = Stack::Locations(range.ok_or(Broken)?.to_vec());
    }
    Ok(row)
}
