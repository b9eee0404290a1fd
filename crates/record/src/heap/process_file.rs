//! Reading the file of a process, which the process could have filled with anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hotlist_preload::layout::{self, ADDRESS_BITS, HEAD, MAGIC, SIZE, head, object, record, sums};

/// What a process has written.
#[derive(Debug, Default)]
pub(super) struct ProcessHeap {
    pub(super) process: u64,
    pub(super) lost: u64,
    pub(super) flags: u64,
    /// The path of the program.
    pub(super) path: Vec<u8>,
    pub(super) objects: Vec<Object>,
    pub(super) sums: Vec<Sums>,
}

/// A mapped object.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) number: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) code: Vec<Code>,
    pub(super) build_id: Vec<u8>,
    pub(super) path: Vec<u8>,
}

/// A segment of code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) offset: u64,
}

/// Sums for one stack and one group of sizes.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) samples: u64,
    pub(super) sampled_bytes: u64,
    /// Allocated objects and bytes, then those of them that were freed.
    pub(super) values: [u64; 4],
    pub(super) frames: Vec<u64>,
}

impl ProcessHeap {
    /// Reads a file; `None` where a process has not come so far that there is anything in it.
    pub(super) fn read(path: &Path) -> io::Result<Option<ProcessHeap>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(SIZE as u64).read_to_end(&mut bytes)?;
        Ok(ProcessHeap::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Option<ProcessHeap> {
        let (chunks, _) = bytes.as_chunks::<8>();
        let words: Vec<u64> = chunks.iter().map(|chunk| u64::from_ne_bytes(*chunk)).collect();
        let head_words = words.get(..HEAD / 8)?;
        if head_words[head::MAGIC] != MAGIC {
            return None;
        }
        let mut heap = ProcessHeap {
            process: head_words[head::PROCESS],
            lost: head_words[head::LOST],
            flags: head_words[head::FLAGS],
            path: text(head_words, head::PATH_LENGTH, head::PATH),
            ..ProcessHeap::default()
        };
        let used = usize::try_from(head_words[head::USED]).unwrap_or(usize::MAX);
        let mut rest = &words[HEAD / 8..];
        rest = &rest[..used.min(rest.len())];
        while let Some(&first) = rest.first() {
            let (kind, length) = (first & !0xffff, (first & 0xffff) as usize);
            let content = match kind {
                record::SUMS | record::OBJECT => rest.get(..length),
                _ => None,
            };
            // What a thread had begun to write when the process was killed is passed over word by word.
            let Some(content) = content.filter(|content| heap.take(kind, content)) else {
                rest = &rest[1..];
                continue;
            };
            rest = &rest[content.len()..];
        }
        Some(heap)
    }

    /// Takes a record; says whether it is one.
    fn take(&mut self, kind: u64, words: &[u64]) -> bool {
        match kind {
            record::SUMS if words.len() >= sums::FRAMES => self.sums.push(Sums {
                samples: words[sums::SAMPLES],
                sampled_bytes: words[sums::SAMPLED_BYTES],
                values: [
                    words[sums::OBJECTS],
                    words[sums::BYTES],
                    words[sums::FREED_OBJECTS],
                    words[sums::FREED_BYTES],
                ],
                frames: words[sums::FRAMES..].to_vec(),
            }),
            record::OBJECT if words.len() >= object::PATH => {
                let segments = words[object::CODE..object::BUILD_ID_LENGTH].chunks_exact(3);
                let code = segments.map(|part| Code { start: part[0], end: part[1], offset: part[2] });
                self.objects.push(Object {
                    number: words[object::NUMBER],
                    start: words[object::START],
                    end: words[object::END],
                    code: code.filter(|code| code.start < code.end).collect(),
                    build_id: text(&words[..object::PATH_LENGTH], object::BUILD_ID_LENGTH, object::BUILD_ID),
                    path: text(words, object::PATH_LENGTH, object::PATH),
                });
            }
            _ => return false,
        }
        true
    }
}

/// Bytes in words behind their number.
fn text(words: &[u64], length: usize, at: usize) -> Vec<u8> {
    let length = usize::try_from(words[length]).unwrap_or(usize::MAX);
    let bytes = words[at..].iter().flat_map(|word| word.to_ne_bytes());
    bytes.take(length.min(layout::LONGEST_PATH)).collect()
}

/// The address of a frame, and the number of its object.
pub(super) fn address_and_object(frame: u64) -> (u64, u64) {
    (frame & ((1 << ADDRESS_BITS) - 1), frame >> ADDRESS_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(records: &[&[u64]]) -> Vec<u8> {
        let mut words = vec![0; HEAD / 8];
        words[head::MAGIC] = MAGIC;
        words[head::PROCESS] = 7;
        words[head::RATE] = 512;
        words[head::PATH_LENGTH] = 6;
        words[head::PATH] = u64::from_ne_bytes(*b"/bin/xyz");
        words[head::USED] = records.iter().map(|record| record.len() as u64).sum();
        let all = words.iter().chain(records.iter().copied().flatten());
        all.flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn sums_of(frames: &[u64]) -> Vec<u64> {
        let mut words =
            vec![record::SUMS | (sums::FRAMES + frames.len()) as u64, 1, 100, 2 << 16, 200, 0, 0, 96];
        words.extend(frames);
        words
    }

    #[test]
    fn reads_around_what_was_never_finished() {
        let (one, two) = (sums_of(&[5, 6, 7]), sums_of(&[8]));
        let bytes = file(&[&one, &[0; 11], &[record::SUMS | 60_000], &two]);
        let heap = ProcessHeap::parse(&bytes).unwrap();
        assert_eq!((heap.process, &heap.path[..], heap.sums.len()), (7, &b"/bin/x"[..], 2));
        assert_eq!((&heap.sums[0].frames[..], &heap.sums[1].frames[..]), (&[5, 6, 7][..], &[8][..]));
        assert_eq!(heap.sums[1].values, [2 << 16, 200, 0, 0]);
        // A file is cut anywhere.
        for end in 0..bytes.len() {
            let read = ProcessHeap::parse(&bytes[..end]);
            assert_eq!(read.is_some(), end >= HEAD);
        }
    }

    #[test]
    fn no_word_of_a_file_is_trusted() {
        let mut object = vec![0; object::PATH + 2];
        object[0] = record::OBJECT | object.len() as u64;
        let bytes = file(&[&object, &sums_of(&[1 << 48 | 5])]);
        let mut state = 88_172_645_463_325_252_u64;
        for _ in 0..20_000 {
            let mut bytes = bytes.clone();
            for _ in 0..4 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let word =
                    if state & 1 == 0 { state % 12 } else { state % (bytes.len() as u64 / 8) } as usize;
                let value =
                    [0, 1, u64::MAX, state, record::SUMS | 9, record::OBJECT | 24][state as usize / 7 % 6];
                bytes[word * 8..word * 8 + 8].copy_from_slice(&value.to_ne_bytes());
            }
            let _ = ProcessHeap::parse(&bytes);
        }
    }
}
