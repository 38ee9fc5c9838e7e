//! Checkpoints (C2SP tlog-checkpoint): a log's size and root, as the text of a signed note.

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;

/// A log at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is three lines: the log's name, its size, its root in base64")]
pub struct NotACheckpoint;

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root.base64())
    }
}

impl FromStr for Checkpoint {
    type Err = NotACheckpoint;

    /// Lines beyond the third, which the specification advises against, are refused.
    fn from_str(text: &str) -> Result<Self, NotACheckpoint> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(NotACheckpoint);
        let (origin, size, root) = (line()?, line()?, line()?);
        let root = Digest::from_base64(root).ok_or(NotACheckpoint)?;
        let size = size.parse().map_err(|_| NotACheckpoint)?;
        let found = Self { origin: origin.to_owned(), size, root };
        // One checkpoint, one text.
        if origin.is_empty() || found.to_string() != text {
            return Err(NotACheckpoint);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_checkpoint_reads_back() {
        let text = "example.com/behind-the-sofa\n20852163\n\
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().unwrap();
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_string(), text);
    }

    #[test]
    fn other_spellings_are_refused() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            format!("\n1\n{root}\n"),
            format!("a\n01\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n1\n{root}"),
            format!("a\n1\n{root}\nmore\n"),
            format!("a\n1\n{root}\n\n"),
            "a\n1\n".to_owned(),
            "a\n1\nAAAA\n".to_owned(),
        ] {
            assert_eq!(text.parse::<Checkpoint>(), Err(NotACheckpoint), "{text:?}");
        }
    }
}
