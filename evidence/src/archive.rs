//! The container of evidence bundles: a ZIP archive of stored (uncompressed) files.
//!
//! Any `unzip` opens it. What is read here is only what is written here: no compression (so no bombs), no encryption, no
//! comments, no attributes, no ZIP64, every local header equal to its entry in the central directory, nothing between, before or after.
//! Where a lenient reader could see two different contents in one archive, this one refuses (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4).

use std::collections::BTreeMap;

/// No bundle is larger.
pub const MAX_ARCHIVE: usize = 64 * 1024 * 1024;

/// No bundle has more files.
pub const MAX_FILES: usize = 4096;

/// The longest name of a file.
pub const MAX_NAME: usize = 200;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// "Version needed": 1.0, files stored as they are.
const VERSION: u16 = 10;
/// 1980-01-01: the archive says no time of its own, so that the same content makes the same bytes.
const DATE: u16 = 0x0021;

/// Bytes that are not such an archive, or files that do not fit into one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefused {
    /// Larger than [`MAX_ARCHIVE`].
    #[error("the archive is larger than {MAX_ARCHIVE} bytes")]
    TooLarge,
    /// More than [`MAX_FILES`].
    #[error("the archive has more than {MAX_FILES} files")]
    TooMany,
    /// A name with other characters than `a`–`z`, `A`–`Z`, `0`–`9`, `-`, `_`, `.` in its parts, an empty part, or one beginning with a dot.
    #[error("the archive has a file with a name that is not allowed")]
    Name,
    /// Two files of one name.
    #[error("the archive has two files named {0}")]
    Repeated(String),
    /// Ends early, or a length or offset points nowhere.
    #[error("the archive ends early or points outside itself")]
    Truncated,
    /// Uses what this format does without: compression, encryption, comments, gaps.
    #[error("the archive uses {0}, which a bundle does not")]
    Feature(&'static str),
    /// A local header differs from the central directory.
    #[error("the archive tells two things about {0}")]
    Contradiction(String),
    /// The checksum of a file is wrong.
    #[error("the file {0} is damaged")]
    Checksum(String),
}

/// Files by name, in the order of names but for the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    files: BTreeMap<String, Vec<u8>>,
}

fn name_allowed(name: &str) -> bool {
    let part_allowed = |part: &str| {
        let known = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        known && !part.is_empty() && !part.starts_with('.')
    };
    name.len() <= MAX_NAME && name.split('/').all(part_allowed)
}

impl Archive {
    /// An archive without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file in. The same content under the same name again changes nothing.
    ///
    /// # Errors
    /// [`ArchiveRefused::Name`], [`ArchiveRefused::Repeated`] with other content, [`ArchiveRefused::TooMany`].
    pub fn put(&mut self, name: &str, content: Vec<u8>) -> Result<(), ArchiveRefused> {
        if !name_allowed(name) {
            return Err(ArchiveRefused::Name);
        }
        match self.files.get(name) {
            Some(there) if *there == content => return Ok(()),
            Some(_) => return Err(ArchiveRefused::Repeated(name.to_owned())),
            None if self.files.len() == MAX_FILES => return Err(ArchiveRefused::TooMany),
            None => {}
        }
        self.files.insert(name.to_owned(), content);
        Ok(())
    }

    /// A file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The archive's bytes, with the file `first` at its head.
    ///
    /// # Errors
    /// [`ArchiveRefused::TooLarge`].
    pub fn to_bytes(&self, first: &str) -> Result<Vec<u8>, ArchiveRefused> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        let head = self.files.get_key_value(first);
        let rest = self.files.iter().filter(|(name, _)| *name != first);
        for (name, content) in head.into_iter().chain(rest) {
            let entry = Entry::of(name, content, bytes.len())?;
            entry.write_local(&mut bytes);
            bytes.extend_from_slice(content);
            entry.write_central(&mut directory);
            if bytes.len() + directory.len() > MAX_ARCHIVE {
                return Err(ArchiveRefused::TooLarge);
            }
        }
        let offset = u32::try_from(bytes.len()).map_err(|_| ArchiveRefused::TooLarge)?;
        let size = u32::try_from(directory.len()).map_err(|_| ArchiveRefused::TooLarge)?;
        let count = u16::try_from(self.files.len()).map_err(|_| ArchiveRefused::TooMany)?;
        bytes.append(&mut directory);
        let mut end = Fields::begin(END);
        end.u16s(&[0, 0, count, count]);
        end.u32s(&[size, offset]);
        end.u16s(&[0]);
        bytes.append(&mut end.0);
        if bytes.len() > MAX_ARCHIVE { Err(ArchiveRefused::TooLarge) } else { Ok(bytes) }
    }

    /// Reads an archive.
    ///
    /// # Errors
    /// [`ArchiveRefused`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArchiveRefused> {
        if bytes.len() > MAX_ARCHIVE {
            return Err(ArchiveRefused::TooLarge);
        }
        let end = bytes.len().checked_sub(22).ok_or(ArchiveRefused::Truncated)?;
        let mut reader = Reader { bytes, at: end };
        reader.expect(END, "a comment or trailing bytes")?;
        let [disk, start, here, count] = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let (size, offset, comment) = (reader.u32()?, reader.u32()?, reader.u16()?);
        if disk != 0 || start != 0 || here != count || comment != 0 {
            return Err(ArchiveRefused::Feature("several disks or a comment"));
        }
        if usize::from(count) > MAX_FILES {
            return Err(ArchiveRefused::TooMany);
        }
        let directory = position(offset)?;
        if directory.checked_add(position(size)?) != Some(end) {
            return Err(ArchiveRefused::Feature("bytes between its parts"));
        }
        let mut central = Reader { bytes, at: directory };
        let mut local = Reader { bytes, at: 0 };
        let mut archive = Self::new();
        for _ in 0..count {
            let entry = Entry::read_central(&mut central)?;
            let content = entry.read_content(&mut local)?;
            if archive.files.contains_key(&entry.name) {
                return Err(ArchiveRefused::Repeated(entry.name));
            }
            archive.files.insert(entry.name, content.to_vec());
        }
        let whole = local.at == directory && central.at == end;
        if whole { Ok(archive) } else { Err(ArchiveRefused::Feature("bytes between its parts")) }
    }
}

fn position(offset: u32) -> Result<usize, ArchiveRefused> {
    usize::try_from(offset).map_err(|_| ArchiveRefused::Truncated)
}

/// What both headers of a file say.
struct Entry {
    name: String,
    crc: u32,
    size: u32,
    offset: u32,
}

impl Entry {
    fn of(name: &str, content: &[u8], offset: usize) -> Result<Self, ArchiveRefused> {
        let size = u32::try_from(content.len()).map_err(|_| ArchiveRefused::TooLarge)?;
        let offset = u32::try_from(offset).map_err(|_| ArchiveRefused::TooLarge)?;
        Ok(Self { name: name.to_owned(), crc: crc32(content), size, offset })
    }

    /// The fields that both headers share: version, flags, method, time, date, checksum, both sizes, name and extra lengths.
    fn write_shared(&self, fields: &mut Fields) {
        fields.u16s(&[VERSION, 0, 0, 0, DATE]);
        fields.u32s(&[self.crc, self.size, self.size]);
        // A name is at most MAX_NAME long.
        fields.u16s(&[u16::try_from(self.name.len()).unwrap_or(u16::MAX), 0]);
    }

    fn write_local(&self, bytes: &mut Vec<u8>) {
        let mut fields = Fields::begin(LOCAL);
        self.write_shared(&mut fields);
        bytes.append(&mut fields.0);
        bytes.extend_from_slice(self.name.as_bytes());
    }

    fn write_central(&self, bytes: &mut Vec<u8>) {
        let mut fields = Fields::begin(CENTRAL);
        fields.u16s(&[VERSION]);
        self.write_shared(&mut fields);
        fields.u16s(&[0, 0, 0]);
        fields.u32s(&[0, self.offset]);
        bytes.append(&mut fields.0);
        bytes.extend_from_slice(self.name.as_bytes());
    }

    /// Checksum, size and length of the name.
    fn read_shared(reader: &mut Reader<'_>) -> Result<(u32, u32, u16), ArchiveRefused> {
        let [version, flags, method] = [reader.u16()?, reader.u16()?, reader.u16()?];
        let [time, date] = [reader.u16()?, reader.u16()?];
        if time != 0 || date != DATE {
            return Err(ArchiveRefused::Feature("times"));
        }
        if version != VERSION || flags != 0 || method != 0 {
            return Err(ArchiveRefused::Feature("compression, encryption or an extension"));
        }
        let [crc, packed, size] = [reader.u32()?, reader.u32()?, reader.u32()?];
        let [name, extra] = [reader.u16()?, reader.u16()?];
        if packed != size || extra != 0 {
            return Err(ArchiveRefused::Feature("compression or an extra field"));
        }
        Ok((crc, size, name))
    }

    fn read_central(reader: &mut Reader<'_>) -> Result<Self, ArchiveRefused> {
        reader.expect(CENTRAL, "bytes between its parts")?;
        let made_by = reader.u16()?;
        let (crc, size, name) = Self::read_shared(reader)?;
        let [comment, disk, internal] = [reader.u16()?, reader.u16()?, reader.u16()?];
        let [external, offset] = [reader.u32()?, reader.u32()?];
        if comment != 0 || disk != 0 {
            return Err(ArchiveRefused::Feature("several disks or a comment"));
        }
        // Attributes could make a file a symbolic link in the hands of a tool that unpacks.
        if made_by != VERSION || internal != 0 || external != 0 {
            return Err(ArchiveRefused::Feature("file attributes"));
        }
        let name = std::str::from_utf8(reader.take(usize::from(name))?).map_err(|_| ArchiveRefused::Name)?;
        if !name_allowed(name) {
            return Err(ArchiveRefused::Name);
        }
        Ok(Self { name: name.to_owned(), crc, size, offset })
    }

    /// The content after the local header at the reader, which must be where the central directory says.
    fn read_content<'a>(&self, reader: &mut Reader<'a>) -> Result<&'a [u8], ArchiveRefused> {
        if reader.at != position(self.offset)? {
            return Err(ArchiveRefused::Feature("files out of order"));
        }
        reader.expect(LOCAL, "bytes between its parts")?;
        let (crc, size, name) = Self::read_shared(reader)?;
        let same_name = reader.take(usize::from(name))? == self.name.as_bytes();
        if !same_name || crc != self.crc || size != self.size {
            return Err(ArchiveRefused::Contradiction(self.name.clone()));
        }
        let content = reader.take(position(size)?)?;
        if crc32(content) == crc { Ok(content) } else { Err(ArchiveRefused::Checksum(self.name.clone())) }
    }
}

struct Fields(Vec<u8>);

impl Fields {
    fn begin(signature: u32) -> Self {
        Self(signature.to_le_bytes().to_vec())
    }

    fn u16s(&mut self, values: &[u16]) {
        values.iter().for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
    }

    fn u32s(&mut self, values: &[u32]) {
        values.iter().for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ArchiveRefused> {
        let end = self.at.checked_add(length).ok_or(ArchiveRefused::Truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(ArchiveRefused::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, ArchiveRefused> {
        let bytes = self.take(2)?.try_into().map_err(|_| ArchiveRefused::Truncated)?;
        Ok(u16::from_le_bytes(bytes))
    }

    fn u32(&mut self) -> Result<u32, ArchiveRefused> {
        let bytes = self.take(4)?.try_into().map_err(|_| ArchiveRefused::Truncated)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn expect(&mut self, signature: u32, otherwise: &'static str) -> Result<(), ArchiveRefused> {
        if self.u32()? == signature { Ok(()) } else { Err(ArchiveRefused::Feature(otherwise)) }
    }
}

/// CRC-32 as in ISO-HDLC: reflected, polynomial 0x04C11DB7.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc_table();
    let step = |crc: u32, byte: &u8| {
        let [low, ..] = (crc ^ u32::from(*byte)).to_le_bytes();
        (crc >> 8) ^ TABLE.get(usize::from(low)).copied().unwrap_or_default()
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, within bounds")]
#[expect(clippy::cast_possible_truncation, reason = "n is below 256")]
const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut crc, mut bit) = (n as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_crc_32() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
