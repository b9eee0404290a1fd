//! Rows as Parquet files (<https://parquet.apache.org/docs/file-format/>), with types that every engine reads.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{RowGroupMetaData, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::columns::{Column, Columns, List};
use crate::ids::{Content, Key};
use crate::table::{ELEMENT, Field, Kind, Table};
use crate::{Error, table};

/// A row group ends where service or profile type change once it has as many rows, so that a question about one
/// service reads little else.
const SMALL_GROUP: usize = 65_536;
/// It ends at the latest with as many.
const LARGE_GROUP: usize = 1 << 20;

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Written {
    pub bytes: u64,
    pub checksum: String,
}

/// The message type of a table, in the language of Parquet's schemas.
fn message_type(table: Table) -> String {
    let plain = |field: &Field| {
        let Field { name, kind } = field;
        match kind {
            Kind::Long => format!("required int64 {name};"),
            Kind::Timestamp => format!("required int64 {name} (TIMESTAMP(MICROS,true));"),
            Kind::Int => format!("required int32 {name};"),
            Kind::Bool => format!("required boolean {name};"),
            Kind::OptionalLong => format!("optional int64 {name};"),
            _ => format!("required binary {name} (STRING);"),
        }
    };
    let all = |fields: &[Field]| fields.iter().map(plain).collect::<Vec<_>>().join(" ");
    let fields = table.fields().iter().map(|field| match field.kind {
        Kind::List(fields) if fields[0].name == ELEMENT => {
            format!("required group {} (LIST) {{ repeated group list {{ {} }} }}", field.name, all(fields))
        }
        Kind::List(fields) => format!(
            "required group {} (LIST) {{ repeated group list {{ required group element {{ {} }} }} }}",
            field.name,
            all(fields)
        ),
        Kind::TextMap => format!(
            "required group {} (MAP) {{ repeated group key_value {{ {} }} }}",
            field.name,
            all(table::MAP_FIELDS)
        ),
        _ => plain(field),
    });
    format!("message {} {{ {} }}", table.name(), fields.collect::<Vec<_>>().join(" "))
}

fn properties(table: Table) -> Result<WriterProperties, ParquetError> {
    let sorting = table.order().iter().map(|&column| SortingColumn {
        column_idx: column as i32,
        descending: false,
        nulls_first: false,
    });
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_dictionary_page_size_limit(8 << 20)
        .set_data_page_size_limit(1 << 20)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorting.collect()))
        .set_created_by("hotlist".to_owned())
        .build())
}

/// A file that takes a checksum of what is written to it.
struct Summed {
    file: BufWriter<File>,
    checksum: Content,
    bytes: u64,
}

impl Write for Summed {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.file.write_all(data)?;
        self.checksum.bytes(data);
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes sorted rows to a file, which is there as a whole or not at all.
pub(crate) fn write(path: &Path, table: Table, rows: &Columns, key: &Key) -> Result<Written, Error> {
    let parquet = |error: ParquetError| match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => Error::File { path: path.to_owned(), source: *source },
            Err(other) => Error::damaged(path, other),
        },
        other => Error::damaged(path, other),
    };
    let temporary = path.with_extension("tmp");
    let file = File::create(&temporary).map_err(Error::file(&temporary))?;
    let summed = Summed { file: BufWriter::new(file), checksum: key.checksum(), bytes: 0 };
    let schema = Arc::new(parse_message_type(&message_type(table)).map_err(parquet)?);
    let properties = Arc::new(properties(table).map_err(parquet)?);
    let mut writer = SerializedFileWriter::new(summed, schema, properties).map_err(parquet)?;
    let mut from = 0;
    for to in group_ends(table, rows) {
        let mut group = writer.next_row_group().map_err(parquet)?;
        for column in &rows.columns {
            write_column(&mut group, column, from..to).map_err(parquet)?;
        }
        group.close().map_err(parquet)?;
        from = to;
    }
    let Summed { file, checksum, bytes } = writer.into_inner().map_err(parquet)?;
    let file = file.into_inner().map_err(|error| Error::file(&temporary)(error.into_error()))?;
    file.sync_all().map_err(Error::file(&temporary))?;
    fs::rename(&temporary, path).map_err(Error::file(path))?;
    Ok(Written { bytes, checksum: checksum.hex() })
}

fn group_ends(table: Table, rows: &Columns) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    for row in 1..rows.len() {
        let is_change = || table == Table::Samples && rows.compare(row - 1, rows, row, &[0, 1]).is_ne();
        if row - start >= LARGE_GROUP || row - start >= SMALL_GROUP && is_change() {
            ends.push(row);
            start = row;
        }
    }
    ends.push(rows.len());
    ends
}

/// For each element of lists: how many levels of it are there, and on which level a list goes on.
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

impl Levels {
    fn of(list: &List, rows: std::ops::Range<usize>) -> Levels {
        let (mut definition, mut repetition) = (Vec::new(), Vec::new());
        for row in rows {
            let length = list.range(row).len();
            definition.resize(definition.len() + length.max(1), i16::from(length > 0));
            repetition.push(0);
            repetition.resize(definition.len(), 1);
        }
        Levels { definition, repetition }
    }
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    rows: std::ops::Range<usize>,
) -> Result<(), ParquetError> {
    match column {
        Column::List(list) => {
            let levels = Levels::of(list, rows.clone());
            let elements = match rows.is_empty() {
                true => 0..0,
                false => list.range(rows.start).start..list.range(rows.end - 1).end,
            };
            for column in &list.elements {
                write_plain(group, column, elements.clone(), Some(&levels))?;
            }
            Ok(())
        }
        column => write_plain(group, column, rows, None),
    }
}

fn write_plain<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    rows: std::ops::Range<usize>,
    levels: Option<&Levels>,
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("there are fewer columns than expected".to_owned()));
    };
    let (definition, repetition) = (levels.map(|l| &l.definition[..]), levels.map(|l| &l.repetition[..]));
    match column {
        Column::Long(values) => {
            writer.typed::<Int64Type>().write_batch(&values[rows], definition, repetition)?;
        }
        Column::Int(values) => {
            writer.typed::<Int32Type>().write_batch(&values[rows], definition, repetition)?;
        }
        Column::Bool(values) => {
            writer.typed::<BoolType>().write_batch(&values[rows], definition, repetition)?;
        }
        Column::Text(texts) => {
            let values: Vec<ByteArray> = rows.map(|row| ByteArray::from(texts.get(row).clone())).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, definition, repetition)?;
        }
        Column::OptionalLong(values) => {
            let there: Vec<i64> = values[rows.clone()].iter().flatten().copied().collect();
            let definition: Vec<i16> = values[rows].iter().map(|value| i16::from(value.is_some())).collect();
            writer.typed::<Int64Type>().write_batch(&there, Some(&definition), None)?;
        }
        Column::List(_) => return Err(ParquetError::General("lists are not nested".to_owned())),
    }
    writer.close()
}

/// A file that is read, row group by row group.
pub(crate) struct TableFile {
    reader: SerializedFileReader<File>,
    table: Table,
}

/// Runs `read`. What it fails with, and a panic of the library at damaged data, becomes a reason.
pub(crate) fn guarded<R>(path: &Path, read: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    let caught = catch_unwind(AssertUnwindSafe(read));
    caught.unwrap_or_else(|_| Err(Error::damaged(path, "its columns cannot be decoded")))
}

impl TableFile {
    pub fn open(path: &Path, table: Table) -> Result<TableFile, Error> {
        let file = File::open(path).map_err(Error::file(path))?;
        let reader = SerializedFileReader::new(file).map_err(|error| Error::damaged(path, error))?;
        Ok(TableFile { reader, table })
    }

    pub fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    pub fn group(&self, number: usize) -> Result<Group<'_>, ParquetError> {
        Ok(Group { reader: self.reader.get_row_group(number)?, table: self.table })
    }
}

/// A row group that is read.
pub(crate) struct Group<'a> {
    reader: Box<dyn RowGroupReader + 'a>,
    table: Table,
}

impl Group<'_> {
    pub fn metadata(&self) -> &RowGroupMetaData {
        self.reader.metadata()
    }

    pub fn len(&self) -> usize {
        usize::try_from(self.metadata().num_rows()).unwrap_or(0)
    }

    /// A column of 64-bit numbers that are always there.
    pub fn longs(&self, column: usize) -> Result<Vec<i64>, ParquetError> {
        match self.read(column, Kind::Long)?.0 {
            Column::Long(values) if values.len() == self.len() => Ok(values),
            _ => Err(torn()),
        }
    }

    /// A column of 64-bit numbers that may be absent.
    pub fn optional_longs(&self, column: usize) -> Result<Vec<Option<i64>>, ParquetError> {
        match self.read(column, Kind::OptionalLong)?.0 {
            Column::OptionalLong(values) if values.len() == self.len() => Ok(values),
            _ => Err(torn()),
        }
    }

    /// All columns.
    pub fn columns(&self) -> Result<Columns, ParquetError> {
        let mut leaf = 0;
        let mut columns = Vec::new();
        for field in self.table.fields() {
            let fields = match field.kind {
                Kind::List(fields) => fields,
                Kind::TextMap => table::MAP_FIELDS,
                kind => {
                    columns.push(self.read(leaf, kind)?.0);
                    leaf += 1;
                    continue;
                }
            };
            let mut list = List { ends: Vec::new(), elements: Vec::new() };
            for field in fields {
                let (column, ends) = self.read(leaf, field.kind)?;
                leaf += 1;
                list.elements.push(column);
                list.ends = ends;
            }
            columns.push(Column::List(list));
        }
        let columns = Columns { columns };
        if columns.lengths().all(|length| length == self.len()) { Ok(columns) } else { Err(torn()) }
    }

    /// A leaf, and where lists end in it when it is a part of lists.
    fn read(&self, leaf: usize, kind: Kind) -> Result<(Column, Vec<u32>), ParquetError> {
        let rows = self.len();
        let levels = self.metadata().schema_descr().column(leaf);
        let (is_list, is_optional) = (levels.max_rep_level() > 0, levels.max_def_level() > 0);
        let (mut definition, mut repetition) = (Vec::new(), Vec::new());
        let def = is_optional.then_some(&mut definition);
        let rep = is_list.then_some(&mut repetition);
        let column = match (self.reader.get_column_reader(leaf)?, kind) {
            (ColumnReader::Int64ColumnReader(mut reader), Kind::Long | Kind::Timestamp) => {
                let mut values = Vec::with_capacity(rows);
                reader.read_records(rows, def, rep, &mut values)?;
                Column::Long(values)
            }
            (ColumnReader::Int64ColumnReader(mut reader), Kind::OptionalLong) => {
                let mut values = Vec::new();
                reader.read_records(rows, def, rep, &mut values)?;
                let mut values = values.into_iter();
                let value = |&level: &i16| if level > 0 { values.next() } else { None };
                Column::OptionalLong(definition.iter().map(value).collect())
            }
            (ColumnReader::Int32ColumnReader(mut reader), Kind::Int) => {
                let mut values = Vec::with_capacity(rows);
                reader.read_records(rows, def, rep, &mut values)?;
                Column::Int(values)
            }
            (ColumnReader::BoolColumnReader(mut reader), Kind::Bool) => {
                let mut values = Vec::with_capacity(rows);
                reader.read_records(rows, def, rep, &mut values)?;
                Column::Bool(values)
            }
            (ColumnReader::ByteArrayColumnReader(mut reader), Kind::Text) => {
                let mut values: Vec<ByteArray> = Vec::with_capacity(rows);
                reader.read_records(rows, def, rep, &mut values)?;
                let mut texts = crate::columns::Texts::default();
                values.iter().for_each(|value| texts.push(value.data()));
                Column::Text(texts)
            }
            _ => return Err(ParquetError::General("a column has another type than expected".to_owned())),
        };
        Ok((column, list_ends(&definition, &repetition)))
    }
}

fn list_ends(definition: &[i16], repetition: &[i16]) -> Vec<u32> {
    let mut ends: Vec<u32> = Vec::new();
    let mut end = 0;
    for (&definition, &repetition) in definition.iter().zip(repetition) {
        if repetition == 0 {
            ends.push(end);
        }
        end += u32::from(definition > 0);
        if let Some(last) = ends.last_mut() {
            *last = end;
        }
    }
    ends
}

fn torn() -> ParquetError {
    ParquetError::General("a column has fewer rows than the others".to_owned())
}

/// Shows `visit` all rows of a file, row group by row group.
pub(crate) fn visit(
    path: &Path,
    table: Table,
    mut visit: impl FnMut(&Columns) -> Result<(), Error>,
) -> Result<(), Error> {
    guarded(path, || {
        let file = TableFile::open(path, table)?;
        for number in 0..file.groups() {
            let columns = file.group(number).and_then(|group| group.columns());
            visit(&columns.map_err(|error| Error::damaged(path, error))?)?;
        }
        Ok(())
    })
}

/// The checksum of a file as it is.
pub(crate) fn checksum(path: &Path, key: &Key) -> Result<Written, Error> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    let (mut checksum, mut bytes) = (key.checksum(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(Error::file(path))? {
            0 => return Ok(Written { bytes, checksum: checksum.hex() }),
            count => {
                checksum.bytes(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}

/// The text by which statistics say that a column has one value only.
pub(crate) fn only_text(group: &RowGroupMetaData, column: usize) -> Option<Bytes> {
    let statistics = group.column(column).statistics()?;
    let (least, most) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
    (least == most).then(|| Bytes::copy_from_slice(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key([7; 16]);
        let mut locations = Columns::new(Table::Locations);
        for row in 0..5i64 {
            locations.longs_mut(0).push(row);
            locations.optional_longs_mut(1).push((row % 2 == 0).then_some(row));
            locations.optional_longs_mut(2).push(None);
            locations.bools_mut(3).push(row == 3);
            for line in 0..row % 3 {
                for element in 0..3 {
                    locations.lists_mut(4).longs_mut(element).push(row * 10 + line);
                }
            }
            locations.lists_mut(4).close();
        }
        let mut series = Columns::new(Table::Series);
        for row in 0..3 {
            series.longs_mut(0).push(row);
            series.texts_mut(1).push(b"api");
            series.texts_mut(2).push(format!("type {row}").as_bytes());
            for _ in 0..row {
                series.lists_mut(3).texts_mut(0).push(b"zone");
                series.lists_mut(3).texts_mut(1).push(b"");
            }
            series.lists_mut(3).close();
        }
        for (table, rows) in [(Table::Locations, locations), (Table::Series, series)] {
            let path = folder.path().join(format!("{}.parquet", table.name()));
            let written = write(&path, table, &rows, &key).unwrap();
            assert_eq!(checksum(&path, &key).unwrap(), written);
            let mut count = 0;
            visit(&path, table, |read| {
                count += read.len();
                assert_eq!(format!("{:?}", plain(read)), format!("{:?}", plain(&rows)));
                Ok(())
            })
            .unwrap();
            assert_eq!(count, rows.len());
        }
    }

    /// What the columns hold, without how it is stored.
    fn plain(columns: &Columns) -> Vec<String> {
        fn cells(column: &Column) -> String {
            match column {
                Column::Text(texts) => {
                    format!("{:?}", (0..texts.len()).map(|row| texts.get(row)).collect::<Vec<_>>())
                }
                Column::List(list) => {
                    format!("{:?} {:?}", list.ends, list.elements.iter().map(cells).collect::<Vec<_>>())
                }
                other => format!("{other:?}"),
            }
        }
        columns.columns.iter().map(cells).collect()
    }
}
