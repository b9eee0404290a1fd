//! Numbers for contents: what is equal has the same number in all files, on all machines, without anybody giving
//! them out.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// The number of some content: 64 bits of SipHash-1-3 with the key of the store.
///
/// Without the key nobody can make two contents that have one number. That two have one by chance is found out with
/// `check`, 32 more bits of the same hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Id {
    pub id: i64,
    pub check: u32,
}

/// The key of a store, which makes its numbers differ from those of others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key(pub [u8; 16]);

impl Key {
    /// Begins the number of some content. Contents of different kinds have different numbers.
    pub fn content(&self, kind: u8) -> Content {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_u8(kind);
        Content(hasher)
    }

    /// A checksum over bytes that come in pieces.
    pub fn checksum(&self) -> Content {
        self.content(b'f')
    }
}

/// A number in the making.
#[derive(Debug)]
pub(crate) struct Content(SipHasher13);

impl Content {
    pub fn text(&mut self, text: &[u8]) -> &mut Self {
        self.0.write_u64(text.len() as u64);
        self.0.write(text);
        self
    }

    pub fn number(&mut self, number: i64) -> &mut Self {
        self.0.write_i64(number);
        self
    }

    /// Bytes without their length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub fn id(&self) -> Id {
        let (id, check) = self.0.finish128().as_u64();
        // 0 stands for nothing.
        Id { id: (id as i64) | i64::from(id == 0), check: check as u32 }
    }

    /// All 128 bits, in hexadecimal digits.
    pub fn hex(&self) -> String {
        format!("{:032x}", self.0.finish128().as_u128())
    }
}
