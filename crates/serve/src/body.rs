//! Taking in the body of a request: bounded in size, in time, and in what all requests hold together.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::header::{CONTENT_ENCODING, HeaderMap};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::{Failure, LimitReached};

/// How long a body may take to arrive.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(60);

/// Permits are for this many bytes.
const GRAIN: usize = 1 << 10;

/// What bodies may take.
#[derive(Debug, Clone)]
pub(crate) struct BodyLimits {
    /// The largest body, in bytes; what it unpacks to must not be larger either.
    pub(crate) largest: u64,
    /// Bytes of all requests that are being answered.
    pub(crate) flight: Flight,
}

/// Bytes of requests that are being answered.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    most: u64,
    places: Arc<Semaphore>,
}

impl Flight {
    /// Room for this many bytes.
    pub(crate) fn new(most: u64) -> Flight {
        let grains =
            usize::try_from(most / GRAIN as u64).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Flight { most, places: Arc::new(Semaphore::new(grains)) }
    }

    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> u64 {
        self.most.saturating_sub((self.places.available_permits() * GRAIN) as u64)
    }

    /// Takes room for as long as the permit is kept. No request waits for another one here: two that wait for each
    /// other's room would wait for ever.
    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
        let grains = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX);
        Arc::clone(&self.places).try_acquire_many_owned(grains).map_err(|_| {
            Failure::Limit(LimitReached {
                passes: true,
                limit: "bytes of requests",
                value: self.most,
                flag: "-memory-limit",
                words: format!(
                    "the requests that are being answered hold {} bytes already; send it again later",
                    self.most
                ),
            })
        })
    }
}

/// A body, and the room that it takes.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) bytes: Bytes,
    room: Vec<OwnedSemaphorePermit>,
}

/// Takes in a body.
///
/// # Errors
/// When it is too large, too slow, breaks off, or there is no room.
pub(crate) async fn take<B>(body: B, limits: &BodyLimits, patience: Duration) -> Result<Taken, Failure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    if body.size_hint().lower() > limits.largest {
        return Err(too_large(limits.largest));
    }
    match tokio::time::timeout(patience, collect(body, limits)).await {
        Ok(taken) => taken,
        Err(_) => Err(Failure::Slow(format!(
            "the request did not arrive within {} seconds",
            patience.as_secs_f32()
        ))),
    }
}

async fn collect<B>(mut body: B, limits: &BodyLimits) -> Result<Taken, Failure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut bytes = BytesMut::new();
    let mut taken = Taken::default();
    let mut held = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Bad(format!("the request broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() as u64 + data.len() as u64 > limits.largest {
            return Err(too_large(limits.largest));
        }
        // Buffers grow by doubling.
        let needed = (bytes.len() + data.len()).next_power_of_two().max(4 * GRAIN);
        if needed > held {
            taken.room.push(limits.flight.take(needed - held)?);
            held = needed;
        }
        bytes.extend_from_slice(&data);
    }
    taken.bytes = bytes.freeze();
    Ok(taken)
}

impl Taken {
    /// Gives the room back and keeps the bytes.
    pub(crate) fn release(&mut self) {
        self.room.clear();
    }

    /// Unpacks what the header says is packed.
    ///
    /// # Errors
    /// For other packings than gzip, damaged data, and when it grows beyond the limits.
    pub(crate) fn unpack(&mut self, headers: &HeaderMap, limits: &BodyLimits) -> Result<(), Failure> {
        match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
            None | Some(b"" | b"identity") => return Ok(()),
            Some(b"gzip") => {}
            Some(_) => return Err(Failure::Bad("Content-Encoding: only gzip is read".to_owned())),
        }
        let mut unpacked = Vec::new();
        let mut reader = MultiGzDecoder::new(self.bytes.as_ref());
        let mut held = 0;
        loop {
            let step = (1usize << 20).min(usize::try_from(limits.largest).unwrap_or(usize::MAX)).max(1);
            let before = unpacked.len();
            let read = reader.by_ref().take(step as u64).read_to_end(&mut unpacked);
            read.map_err(|error| Failure::Bad(format!("the request is not whole gzip data: {error}")))?;
            if unpacked.len() == before {
                break;
            }
            if unpacked.len() as u64 > limits.largest {
                return Err(too_large(limits.largest));
            }
            if unpacked.capacity() > held {
                self.room.push(limits.flight.take(unpacked.capacity() - held)?);
                held = unpacked.capacity();
            }
        }
        self.bytes = unpacked.into();
        Ok(())
    }
}

fn too_large(largest: u64) -> Failure {
    Failure::Limit(LimitReached {
        passes: false,
        limit: "max-profile",
        value: largest,
        flag: "-max-profile",
        words: format!("the request is larger than {largest} bytes"),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http_body_util::Full;

    use super::*;

    fn limits(largest: u64, flight: u64) -> BodyLimits {
        BodyLimits { largest, flight: Flight::new(flight) }
    }

    fn taken(bytes: Vec<u8>, limits: &BodyLimits) -> Result<Taken, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(take(Full::new(Bytes::from(bytes)), limits, BODY_TIME))
    }

    #[test]
    fn the_limit_is_exact() {
        let limits = limits(1000, 1 << 20);
        assert_eq!(taken(vec![1; 1000], &limits).unwrap().bytes.len(), 1000);
        assert_eq!(taken(vec![1; 1001], &limits).unwrap_err().status(), 413);
    }

    #[test]
    fn all_requests_share_the_room() {
        let limits = limits(64 << 10, 100 << 10);
        let first = taken(vec![1; 60 << 10], &limits).unwrap();
        assert_eq!(taken(vec![1; 60 << 10], &limits).unwrap_err().status(), 429);
        drop(first);
        assert_eq!(limits.flight.taken(), 0);
        assert!(taken(vec![1; 60 << 10], &limits).is_ok());
    }

    #[test]
    fn a_small_body_cannot_unpack_to_a_large_one() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; 10 << 20]).unwrap();
        let packed = packer.finish().unwrap();
        let limits = limits(1 << 20, 64 << 20);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        let mut body = taken(packed.clone(), &limits).unwrap();
        assert_eq!(body.unpack(&headers, &limits).unwrap_err().status(), 413);
        let enough = BodyLimits { largest: 16 << 20, ..limits };
        let mut body = taken(packed.clone(), &enough).unwrap();
        body.unpack(&headers, &enough).unwrap();
        assert_eq!(body.bytes.len(), 10 << 20);
        let mut half = taken(packed[..packed.len() / 2].to_vec(), &enough).unwrap();
        assert_eq!(half.unpack(&headers, &enough).unwrap_err().status(), 400);
    }
}
