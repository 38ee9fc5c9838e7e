//! Bodies that come compressed. What is hashed, peeked at and sent on is what they decode to.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use weighbridge_core::failure::{Code, Failure};
use zstd::stream::read::Decoder as ZstdDecoder;

/// How many times its coded length a body may decode to. Prompts come to ten or twenty times.
const RATIO: usize = 100;

/// What may be decoded whatever the ratio, in bytes.
const FREE: usize = 64 << 10;

/// The largest window of zstd that is decoded, in bytes as a power of two: what every decoder is told
/// to support (RFC 8878, 3.1.1.1.2). It is memory that a few bytes can ask for.
const WINDOW_LOG: u32 = 23;

/// What a decoder may hold beside what it has given out, in bytes: its window, and a block.
const DECODER: usize = (1 << WINDOW_LOG) + (256 << 10);

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

    /// Decodes a whole body to at most `most` bytes; `grown` is told of all the memory that is about
    /// to be held, before it is. It takes a while: not for a thread that serves.
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
        let mut out = Vec::new();
        match self {
            Self::Gzip => self.take(MultiGzDecoder::new(coded), &mut out, bound, &mut grown)?,
            Self::Zstd => {
                grown(DECODER)?;
                let decoder = ZstdDecoder::with_buffer(coded).and_then(|mut decoder| {
                    decoder.window_log_max(WINDOW_LOG)?;
                    Ok(decoder)
                });
                let decoder = decoder.map_err(|error| self.broken(&error.to_string()))?;
                self.take(decoder, &mut out, bound, &mut grown)?;
            }
        }
        out.shrink_to_fit();
        Ok(out)
    }

    fn take(
        self,
        mut reader: impl Read,
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
            let length = out.len() + read;
            if length > bound {
                let words = format!(
                    "the request's body decodes to more than {bound} bytes: at most {RATIO} times \
                     its coded length, and no more than limits.body"
                );
                return Err(Failure::client(Code::BodyTooLarge, words));
            }
            if length > out.capacity() {
                // Both are held while the one is copied into the other.
                let wanted = length.max(2 * out.capacity()).min(bound);
                grown(DECODER + STEP + out.capacity() + wanted)?;
                out.reserve_exact(wanted - out.len());
            }
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::GzEncoder;

    use super::*;

    const MOST: usize = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
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
            let refused = coding.decode(&coded, 512 << 20, |held| {
                most = most.max(held);
                Ok(())
            });
            assert_eq!(refused.unwrap_err().code, Code::BodyTooLarge, "{coding:?}");
            assert!(most <= 2 * (coded.len() * RATIO).max(FREE) + DECODER + STEP, "{most}");
        }
        let body = vec![b'a'; MOST + 1];
        let padded = [body, (0..20_000_u32).flat_map(u32::to_le_bytes).collect()].concat();
        assert_eq!(decode(Coding::Gzip, &gzip(&padded)), Err(Code::BodyTooLarge));
    }

    #[test]
    fn a_window_beyond_what_has_to_be_supported_is_refused() {
        // A few bytes that ask for a window of 3.75 GiB.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xaf, 0x01, 0x00, 0x00];
        assert_eq!(decode(Coding::Zstd, &frame), Err(Code::InvalidRequest));
    }

    /// One block that says it decodes to far more than a block may: a few bytes a copy of 128 KiB.
    #[test]
    fn a_block_that_decodes_to_more_than_a_block_may_is_refused_at_once() {
        let sequences: u32 = 20_000;
        let mut block = vec![0x00];
        block.extend([(sequences >> 8) as u8 + 0x80, sequences as u8, 0x54, 0, 0, 52]);
        block.extend(std::iter::repeat_n(0xff, 2 * sequences as usize));
        block.push(1);
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];
        let header = |last: u32, kind: u32, size: u32| (size << 3 | kind << 1 | last).to_le_bytes();
        frame.extend(&header(0, 0, 16)[..3]);
        frame.extend([b'x'; 16]);
        frame.extend(&header(1, 2, block.len() as u32)[..3]);
        frame.extend(block);
        let mut most = 0;
        let refused = Coding::Zstd.decode(&frame, 512 << 20, |held| {
            most = most.max(held);
            Ok(())
        });
        assert_eq!(refused.unwrap_err().code, Code::InvalidRequest);
        assert!(most <= 2 * DECODER, "{most}");
    }

    #[test]
    fn memory_that_is_not_there_ends_it() {
        let full = |_| Err(Failure::client(Code::Overloaded, "full"));
        let refused = Coding::Gzip.decode(&gzip(b"abc"), MOST, full);
        assert_eq!(refused.unwrap_err().code, Code::Overloaded);
    }
}
