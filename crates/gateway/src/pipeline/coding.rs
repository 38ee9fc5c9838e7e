//! Bodies that come compressed. What is hashed, peeked at and sent on is what they decode to.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ruzstd::decoding::StreamingDecoder;
use weighbridge_core::failure::{Code, Failure};

/// How many times its coded length a body may decode to. Prompts come to ten or twenty times.
const RATIO: usize = 100;

/// What may be decoded whatever the ratio, in bytes.
const FREE: usize = 64 << 10;

/// The largest window of zstd that is decoded, in bytes: what every decoder is told to support
/// (RFC 8878, 3.1.1.1.2). It is memory that a few bytes can ask for.
const WINDOW: u64 = 8 << 20;

/// How much is decoded at a time, in bytes.
const STEP: usize = 64 << 10;

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Zstd,
}

impl Coding {
    /// What `content-encoding` says; nothing for a body that comes as it is.
    ///
    /// # Errors
    /// 415 for codings that are not taken here, and for several.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Failure> {
        let refuse = || {
            let words = "content-encoding: taken are gzip, zstd and identity, one of them";
            Failure::client(Code::UnsupportedMediaType, words).at("content-encoding")
        };
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(refuse());
        }
        let value = value.to_str().map_err(|_| refuse())?.trim();
        match value.to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "zstd" => Ok(Some(Self::Zstd)),
            _ => Err(refuse()),
        }
    }

    /// Decodes a whole body to at most `most` bytes; `grown` is told of every length that it comes
    /// to, before it does. It takes a while: not for a thread that serves.
    ///
    /// # Errors
    /// 400 for a body that is not coded so; 413 beyond `most`, and for one that decodes to more than
    /// any text does; whatever `grown` says.
    pub(crate) fn decode(
        self,
        coded: &[u8],
        most: usize,
        mut grown: impl FnMut(usize) -> Result<(), Failure>,
    ) -> Result<Vec<u8>, Failure> {
        let bound = most.min(coded.len().saturating_mul(RATIO).max(FREE));
        let mut rest = coded;
        let mut out = Vec::new();
        while !rest.is_empty() || out.is_empty() {
            let before = rest.len();
            match self {
                Self::Gzip => {
                    let mut reader = MultiGzDecoder::new(&mut rest);
                    self.take(&mut reader, &mut out, bound, &mut grown)?;
                }
                Self::Zstd => {
                    if window(rest).is_some_and(|window| window > WINDOW.max(bound as u64)) {
                        let words = format!("the body's zstd window is larger than {WINDOW} bytes");
                        return Err(Failure::client(Code::BodyTooLarge, words));
                    }
                    let reader = StreamingDecoder::new(&mut rest);
                    let mut reader = reader.map_err(|error| self.broken(&error.to_string()))?;
                    self.take(&mut reader, &mut out, bound, &mut grown)?;
                    let decoder = &reader.decoder;
                    let said = decoder.get_checksum_from_data();
                    if said.is_some() && said != decoder.get_calculated_checksum() {
                        return Err(self.broken("its checksum is another"));
                    }
                }
            }
            if rest.is_empty() || rest.len() == before {
                break;
            }
        }
        if rest.is_empty() { Ok(out) } else { Err(self.broken("something follows its end")) }
    }

    fn take(
        self,
        reader: &mut impl Read,
        out: &mut Vec<u8>,
        bound: usize,
        grown: &mut impl FnMut(usize) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut step = vec![0; STEP];
        loop {
            let read = match reader.read(&mut step) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&error.to_string())),
            };
            if out.len() + read > bound {
                let words = format!(
                    "the request's body decodes to more than {bound} bytes: at most {RATIO} times \
                     its coded length, and no more than limits.body"
                );
                return Err(Failure::client(Code::BodyTooLarge, words));
            }
            grown(out.len() + read)?;
            out.extend_from_slice(step.get(..read).unwrap_or_default());
        }
    }

    fn broken(self, why: &str) -> Failure {
        let name = match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        };
        let words = format!("the request's body is not the {name} that it says it is: {why}");
        Failure::client(Code::InvalidRequest, words).at("content-encoding")
    }
}

/// The window that a zstd frame asks for (RFC 8878, 3.1.1.1). One that is a single segment has its
/// content for a window.
fn window(frame: &[u8]) -> Option<u64> {
    let descriptor = *frame.get(4)?;
    let single = descriptor & 0x20 != 0;
    if !single {
        let byte = u64::from(*frame.get(5)?);
        let base = 1_u64 << (10 + (byte >> 3));
        return Some(base + base / 8 * (byte & 7));
    }
    let id = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied()?;
    let size = [1, 2, 4, 8].get(usize::from(descriptor >> 6)).copied()?;
    let field = frame.get(5 + id..5 + id + size)?;
    let value = field.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    Some(if size == 2 { value + 256 } else { value })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    const MOST: usize = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn decode(coding: Coding, coded: &[u8]) -> Result<Vec<u8>, Code> {
        coding.decode(coded, MOST, |_| Ok(())).map_err(|failure| failure.code)
    }

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn gzip_and_zstd_are_taken_one_at_a_time() {
        let of = |values: &[&'static str]| Coding::of(&headers(values)).map_err(|it| it.code);
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["identity"]), Ok(None));
        assert_eq!(of(&["GZip"]), Ok(Some(Coding::Gzip)));
        assert_eq!(of(&["zstd"]), Ok(Some(Coding::Zstd)));
        for refused in [&["br"][..], &["gzip, zstd"], &["gzip", "gzip"], &["deflate"]] {
            assert_eq!(of(refused), Err(Code::UnsupportedMediaType), "{refused:?}");
        }
    }

    #[test]
    fn a_body_decodes_to_what_it_was_in_one_frame_or_several() {
        let body: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        for (coding, code) in [(Coding::Gzip, gzip as fn(&[u8]) -> Vec<u8>), (Coding::Zstd, zstd)] {
            assert_eq!(decode(coding, &code(&body)).unwrap(), body);
            let (one, other) = body.split_at(100);
            let several = [code(one), code(other)].concat();
            assert_eq!(decode(coding, &several).unwrap(), body, "{coding:?}");
            assert_eq!(decode(coding, &code(b"")).unwrap(), b"");
        }
    }

    #[test]
    fn what_is_cut_short_or_followed_by_something_is_refused() {
        let body = b"{\"model\":\"m\"}".repeat(50);
        for (coding, coded) in [(Coding::Gzip, gzip(&body)), (Coding::Zstd, zstd(&body))] {
            for at in 0..coded.len() {
                let cut = decode(coding, &coded[..at]);
                assert_eq!(cut, Err(Code::InvalidRequest), "{coding:?} cut at {at}");
            }
            let more = [coded.as_slice(), b"more"].concat();
            assert_eq!(decode(coding, &more), Err(Code::InvalidRequest), "{coding:?}");
            assert!(decode(coding, &body).is_err());
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let zeros = vec![0; 64 << 20];
        for (coding, coded) in [(Coding::Gzip, gzip(&zeros)), (Coding::Zstd, zstd(&zeros))] {
            let mut most = 0;
            let refused = coding.decode(&coded, 512 << 20, |length| {
                most = most.max(length);
                Ok(())
            });
            assert_eq!(refused.unwrap_err().code, Code::BodyTooLarge, "{coding:?}");
            assert!(most <= (coded.len() * RATIO).max(FREE), "{most}");
        }
        let body = vec![b'a'; MOST + 1];
        let padded = [body, (0..20_000_u32).flat_map(u32::to_le_bytes).collect()].concat();
        assert_eq!(decode(Coding::Gzip, &gzip(&padded)), Err(Code::BodyTooLarge));
        // A few bytes that ask for a window of 3.75 GiB.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xaf, 0x01, 0x00, 0x00];
        assert_eq!(window(&frame), Some((1 << 31) + (1 << 31) / 8 * 7));
        assert_eq!(decode(Coding::Zstd, &frame), Err(Code::BodyTooLarge));
    }

    #[test]
    fn memory_that_is_not_there_ends_it() {
        let full = |_| Err(Failure::client(Code::Overloaded, "full"));
        let refused = Coding::Gzip.decode(&gzip(b"abc"), MOST, full);
        assert_eq!(refused.unwrap_err().code, Code::Overloaded);
    }
}
