//! The end of decoding: references, which are numbers of the encoded form until all tables are there, become rows.

use super::{Decoder, Header, Result};
use crate::profile::Samples;
use crate::wire::error::{DecodeError, WireError};
use crate::wire::raw_ids::{BadId, RowIndex};
use crate::{FunctionId, LabelValue, LocationId, MappingId, Profile, StringId};

impl Decoder {
    /// Resolves all references and hands the profile over.
    ///
    /// # Errors
    /// When the input ended in the middle of a field or a reference points nowhere.
    pub fn finish(mut self) -> Result<Profile> {
        // The last byte may have completed a field.
        let rest = std::mem::take(&mut self.pending);
        if self.complete_fields(&rest)? < rest.len() || self.skip > 0 {
            return Err(self.wire("profile", WireError::Truncated));
        }
        if self.offset == 0 {
            return Err(DecodeError::Empty);
        }
        if self.string_ids.is_empty() {
            return Err(DecodeError::NoStrings);
        }
        self.resolve_strings()?;
        let mapping_rows = row_index("mapping", self.mappings.iter().map(|mapping| mapping.id))?;
        let function_rows = row_index("function", self.functions.iter().map(|function| function.id))?;
        self.resolve_locations(&mapping_rows, &function_rows)?;
        let types = self.sample_types.len();
        if types == 0 && !self.sample_stacks.is_empty() {
            return Err(DecodeError::NoSampleTypes);
        }
        if let Some((sample, values)) =
            self.odd_sample.or(self.width.map(|width| (0, width)).filter(|&(_, width)| width != types))
        {
            return Err(DecodeError::Values { sample, values, types });
        }
        let stacks = self.resolve_stacks()?;
        let Header {
            drop_frames,
            keep_frames,
            time_nanos,
            duration_nanos,
            period_type,
            period,
            default_sample_type,
            doc_url,
        } = self.header;
        Ok(Profile {
            strings: self.strings,
            sample_types: self.sample_types,
            default_sample_type,
            samples: Samples::from_columns(self.sample_stacks, self.sample_labels, self.values, types),
            stacks,
            labels: self.label_sets,
            mappings: self.mappings,
            locations: self.locations,
            functions: self.functions,
            comments: self.comments,
            doc_url,
            drop_frames,
            keep_frames,
            time_nanos,
            duration_nanos,
            period_type,
            period,
        })
    }

    /// Replaces the string numbers of the encoded form, which stand in the rows so far, by ids.
    fn resolve_strings(&mut self) -> Result<()> {
        let ids = &self.string_ids;
        let resolve = |id: &mut StringId, table: &dyn Fn() -> String| match ids.get(id.index()) {
            Some(&resolved) => {
                *id = resolved;
                Ok(())
            }
            // A profile without any string table may still say "no string".
            None if id.is_empty() => Ok(()),
            None => Err(DecodeError::String { table: table(), index: i64::from(id.raw()), count: ids.len() }),
        };
        for (row, value_type) in self.sample_types.iter_mut().enumerate() {
            let table = || format!("sample_type {row}");
            resolve(&mut value_type.kind, &table)?;
            resolve(&mut value_type.unit, &table)?;
        }
        for mapping in &mut self.mappings {
            let id = mapping.id;
            let table = || format!("mapping {id}");
            resolve(&mut mapping.file, &table)?;
            resolve(&mut mapping.build_id, &table)?;
        }
        for function in &mut self.functions {
            let id = function.id;
            let table = || format!("function {id}");
            resolve(&mut function.name, &table)?;
            resolve(&mut function.system_name, &table)?;
            resolve(&mut function.filename, &table)?;
        }
        let mut result = Ok(());
        self.label_sets.rewrite(|label| {
            let table = || "a sample label".to_owned();
            let outcome = resolve(&mut label.key, &table).and_then(|()| match &mut label.value {
                LabelValue::Text(text) => resolve(text, &table),
                LabelValue::Number { unit, .. } => resolve(unit, &table),
            });
            if result.is_ok() {
                result = outcome;
            }
        });
        result?;
        for comment in &mut self.comments {
            resolve(comment, &|| "comment".to_owned())?;
        }
        let header = &mut self.header;
        for (id, name) in [
            (&mut header.drop_frames, "drop_frames"),
            (&mut header.keep_frames, "keep_frames"),
            (&mut header.period_type.kind, "period_type"),
            (&mut header.period_type.unit, "period_type"),
            (&mut header.default_sample_type, "default_sample_type"),
            (&mut header.doc_url, "doc_url"),
        ] {
            resolve(id, &|| name.to_owned())?;
        }
        Ok(())
    }

    fn resolve_locations(&mut self, mappings: &RowIndex, functions: &RowIndex) -> Result<()> {
        if !self.mapping_ids.are_rows(mappings) {
            for location in self.locations.ids() {
                // A location may name no mapping; a mapping that is not there counts as none.
                let mapping = &mut self.locations.get_mut(location).mapping;
                let row = mapping.and_then(|id| mappings.row(self.mapping_ids.original(id.raw())));
                *mapping = row.map(MappingId::from_raw);
            }
        }
        if !self.function_ids.are_rows(functions) {
            for location in self.locations.ids() {
                for row in self.locations.line_range(location) {
                    let function = &mut self.locations.all_lines_mut()[row].function;
                    let id = self.function_ids.original(function.raw());
                    let Some(known) = functions.row(id) else {
                        let location = self.locations.get(location).id;
                        return Err(DecodeError::NoFunction { location, id });
                    };
                    *function = FunctionId::from_raw(known);
                }
            }
        }
        Ok(())
    }

    fn resolve_stacks(&mut self) -> Result<crate::Stacks> {
        let rows = row_index("location", self.locations.rows().iter().map(|location| location.id))?;
        let mut stacks = std::mem::take(&mut self.stacks).into_stacks();
        if !self.location_ids.are_rows(&rows) {
            for frame in stacks.all_frames_mut() {
                let id = self.location_ids.original(frame.raw());
                *frame = LocationId::from_raw(rows.row(id).ok_or(DecodeError::NoLocation { id })?);
            }
        }
        Ok(stacks)
    }
}

fn row_index(table: &'static str, ids: impl ExactSizeIterator<Item = u64> + Clone) -> Result<RowIndex> {
    RowIndex::new(ids).map_err(|bad| match bad {
        BadId::Zero { row } => DecodeError::ZeroId { table, row },
        BadId::Repeated { id } => DecodeError::RepeatedId { table, id },
    })
}
