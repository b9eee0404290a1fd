//! CPU profiles of gperftools: machine words, then the memory map as text.
//!
//! ```text
//! 0  3  0  <period in microseconds>  0       header; its third word is 1 for Java
//! <count>  <number of frames>  <frame> …     for each stack, the leaf first
//! 0  1  0                                    trailer
//! ```
//! Source: gperftools, `docs/cpuprofile-fileformat.html`.

use hotlist_profile::Profile;

use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::lines::Lines;
use super::memory_map;
use super::words::Words;
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "gperftools-cpu",
    title: "gperftools CPU",
    writers: "gperftools",
    lost: "",
    sniff: Sniff::Bytes(|head| header(head, Language::Native).is_some()),
    reader: Reader::Whole(|data, _| read(data)),
};

/// The third word of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Native = 0,
    Java = 1,
}

/// What the header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuHeader<'a> {
    words: Words,
    /// In microseconds.
    period: u64,
    /// What follows.
    body: &'a [u8],
}

/// The header at the start of `data`, when it is that of a profile of `language`.
pub(crate) fn header(data: &[u8], language: Language) -> Option<CpuHeader<'_>> {
    Words::ALL.into_iter().find_map(|words| {
        let mut body = data;
        let mut next = || words.next(&mut body);
        let (zero, slots, third, period, padding) = (next()?, next()?, next()?, next()?, next()?);
        let fits = (zero, slots, third, padding) == (0, 3, language as u64, 0) && period > 0;
        fits.then_some(CpuHeader { words, period, body })
    })
}

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let header = header(data, Language::Native)
        .ok_or_else(|| Malformed::unlike(Position::Byte(0), "the header is not that of a CPU profile"))?;
    let (mut samples, text) = header.samples(data, Frames::ReturnAddresses)?;
    remove_handler_frames(&mut samples);
    let mappings = memory_map::read(&mut Lines::new(text))?;
    samples.into_profile(&header.profile_header(data)?, mappings, RepeatedLeaf::Drop)
}

/// What the frames above the leaf are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    /// The address behind a call; one less lies in the call.
    ReturnAddresses,
    /// Whatever the text behind the samples describes.
    Keys,
}

impl<'a> CpuHeader<'a> {
    /// Header fields of the profile.
    pub(crate) fn profile_header(&self, data: &[u8]) -> Result<Header<'static>, Malformed> {
        Ok(Header {
            sample_types: vec![("samples", "count"), ("cpu", "nanoseconds")],
            period_type: ("cpu", "nanoseconds"),
            period: self.period_nanos(data)?,
            duration_nanos: 0,
        })
    }

    fn period_nanos(&self, data: &[u8]) -> Result<i64, Malformed> {
        i64::try_from(self.period).ok().and_then(|period| period.checked_mul(1000)).ok_or_else(|| {
            let place = place(data, self.body);
            Malformed::new(place, format!("a sampling period of {} us is too long", self.period))
        })
    }

    /// All samples, and the text behind them.
    pub(crate) fn samples(
        &self,
        data: &'a [u8],
        frames: Frames,
    ) -> Result<(AddressSamples<'static>, &'a [u8]), Malformed> {
        let period = self.period_nanos(data)?;
        let mut samples = AddressSamples::default();
        let mut rest = self.body;
        // A profiler that was killed leaves no trailer.
        while !rest.is_empty() {
            let start = place(data, rest);
            let cut = || Malformed::new(start, "the data ends in the middle of a sample");
            let count = self.words.next(&mut rest).ok_or_else(cut)?;
            let depth = self.words.next(&mut rest).ok_or_else(cut)?;
            if depth > (rest.len() / self.words.size()) as u64 {
                return Err(Malformed::new(
                    start,
                    format!("a stack of {depth} frames does not fit in the data"),
                ));
            }
            if (count, depth) == (0, 1) && self.words.next(&mut { rest }) == Some(0) {
                return Ok((samples, &rest[self.words.size()..]));
            }
            for position in 0..depth {
                let address = self.words.next(&mut rest).ok_or_else(cut)?;
                let is_return = position > 0 && frames == Frames::ReturnAddresses;
                samples.frame(if is_return { address.wrapping_sub(1) } else { address });
            }
            let values =
                i64::try_from(count).ok().and_then(|count| Some([count, count.checked_mul(period)?, 0, 0]));
            let values = values.ok_or_else(|| {
                Malformed::new(start, format!("{count} samples of {period} ns are too many"))
            })?;
            samples.sample(values, None);
        }
        Ok((samples, rest))
    }
}

/// Where `rest`, the end of `data`, begins.
fn place(data: &[u8], rest: &[u8]) -> Position {
    Position::Byte((data.len() - rest.len()) as u64)
}

/// Removes up to two frames that nearly all stacks have behind the leaf: those of the signal handler,
/// since the leaf comes from the interrupted context and the others from unwinding the handler.
fn remove_handler_frames(samples: &mut AddressSamples<'_>) {
    const FRAMES: usize = 2;
    const SAMPLES_FOR_ONE_EXCEPTION: usize = 32;
    let enough = samples.len() - samples.len() / SAMPLES_FOR_ONE_EXCEPTION;
    for _ in 0..FRAMES {
        // With more than half of all samples needed, there is at most one.
        match samples.count_callers().into_iter().find(|&(_, count)| count >= enough) {
            Some((caller, _)) => samples.remove_caller(caller),
            None => return,
        }
    }
}
