//! What a caller asks of the gateway itself, by header. Whatever of it this version does not do is
//! refused by name: an ignored wish could spend money.

use http::{HeaderMap, HeaderValue};
use weighbridge_core::call::{Attribution, LABEL_NAME_LIMIT, LABEL_VALUE_LIMIT, LABELS_LIMIT};
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::id::EstimateId;
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::routing::{NoSuchPolicy, Policy};
use weighbridge_store::idempotency::KEY_LIMIT;

/// What every header of ours begins with.
const OURS: &str = "x-weighbridge-";

/// The header of a key that a call may be made only once with.
const ONCE: &str = "idempotency-key";

/// The longest name of a sequence, in bytes.
const SEQUENCE_LIMIT: usize = 128;

/// The longest end user or session that is kept, in bytes.
const ATTRIBUTION_LIMIT: usize = 256;

/// What a caller asks of the gateway itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Who called, beyond the key.
    pub attribution: Attribution,
    /// Whether comment lines of ours may stand in a stream.
    pub trailer: bool,
    /// `x-weighbridge-strict`: whether the call is refused rather than converted with any loss.
    pub strict: bool,
    /// `x-weighbridge-max-cost`: the most that the call may be charged.
    pub max_cost: Option<MaxCost>,
    /// `x-weighbridge-estimate`: the quote that is accepted.
    pub estimate: Option<EstimateId>,
    /// `x-weighbridge-confirm: ask`: whether the caller wants to know the cost first.
    pub ask: bool,
    /// `x-weighbridge-sequence`: calls of one account that name the same one follow upon each other.
    pub sequence: Option<String>,
    /// `x-weighbridge-hybrid-policy`: how it is chosen where the call runs.
    pub policy: Option<Policy>,
    /// `idempotency-key`: the call is made only once with it.
    pub once: Option<String>,
}

/// The most that a call may be charged: in the currency of its price, unless it names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxCost {
    amount: Amount,
    currency: Option<Currency>,
}

impl MaxCost {
    /// The amount, for a call that is priced in `currency`.
    ///
    /// # Errors
    /// 402 where it names another currency.
    pub fn in_currency(self, currency: Currency) -> Result<Amount, Failure> {
        match self.currency.filter(|own| *own != currency) {
            None => Ok(self.amount),
            Some(own) => {
                let words = format!(
                    "x-weighbridge-max-cost is in {own} and the model's price in {currency}; they \
                     are never converted"
                );
                let failure = Failure::client(Code::CurrencyMismatch, words);
                Err(failure.at("x-weighbridge-max-cost"))
            }
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (amount, currency) = match text.split_once(' ') {
            Some((amount, currency)) => (amount, Some(currency.trim().parse().ok()?)),
            None => (text, None),
        };
        let amount: Amount = amount.parse().ok()?;
        (!amount.is_negative()).then_some(Self { amount, currency })
    }
}

impl Wishes {
    /// Reads them. Headers about the end user count only with a key that is trusted with them.
    ///
    /// # Errors
    /// 400 for what is not done here, and for what cannot be read.
    pub fn read(headers: &HeaderMap, trusted: bool) -> Result<Self, Failure> {
        let mut wishes = Self {
            attribution: Attribution::default(),
            trailer: true,
            strict: false,
            max_cost: None,
            estimate: None,
            ask: false,
            sequence: None,
            policy: None,
            once: None,
        };
        for (name, value) in headers {
            let name = name.as_str();
            if let Some(wish) = name.strip_prefix(OURS) {
                if headers.get_all(name).iter().any(|other| other != value) {
                    let words = format!("{name}: stands twice, with different values");
                    return Err(Failure::client(Code::InvalidRequest, words).at(name.to_owned()));
                }
                wishes.take(wish, value)?;
            } else if name == ONCE {
                wishes.take_once(value)?;
            }
        }
        if trusted {
            let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
            let kept = |text: &str| cut(text, ATTRIBUTION_LIMIT).to_owned();
            wishes.attribution.end_user = text("x-openwebui-user-id").map(kept);
            wishes.attribution.session =
                text("x-claude-code-session-id").or_else(|| text("x-openwebui-chat-id")).map(kept);
        }
        Ok(wishes)
    }

    fn take(&mut self, wish: &str, value: &HeaderValue) -> Result<(), Failure> {
        let field = format!("{OURS}{wish}");
        let wrong = |words: &str| {
            let words = format!("{field}: {words}");
            Failure::client(Code::InvalidRequest, words).at(field.clone())
        };
        let value = value.to_str().map_err(|_| wrong("only visible ASCII"))?.trim();
        match (wish, value) {
            ("trailer", "off") => self.trailer = false,
            ("trailer", "on") => self.trailer = true,
            ("trailer", _) => return Err(wrong("should be `on` or `off`")),
            ("strict", "true") => self.strict = true,
            ("strict", "false") => self.strict = false,
            ("strict", _) => return Err(wrong("should be `true` or `false`")),
            ("max-cost", cost) => {
                let wanted = "should be an amount such as `0.05`, or with a currency `0.05 USD`";
                self.max_cost = Some(MaxCost::read(cost).ok_or_else(|| wrong(wanted))?);
            }
            ("estimate", id) => {
                let wanted = "should be the `id` of an estimate, `est_...`";
                self.estimate = Some(id.parse().map_err(|_| wrong(wanted))?);
            }
            ("confirm", "ask") => self.ask = true,
            ("confirm", "auto") => self.ask = false,
            ("confirm", _) => return Err(wrong("should be `ask` or `auto`")),
            ("sequence", name) => {
                if !(1..=SEQUENCE_LIMIT).contains(&name.len()) {
                    return Err(wrong("should be 1 to 128 visible ASCII characters"));
                }
                self.sequence = Some(name.to_owned());
            }
            ("hybrid-policy", policy) => {
                let read = policy.parse().map_err(|error: NoSuchPolicy| wrong(&error.to_string()));
                self.policy = Some(read?);
            }
            ("labels", labels) => self.attribution.labels = read_labels(labels).map_err(wrong)?,
            _ => return Err(wrong("no such header of this gateway")),
        }
        Ok(())
    }
}

impl Wishes {
    fn take_once(&mut self, value: &HeaderValue) -> Result<(), Failure> {
        let key = value.to_str().ok().map(str::trim);
        let key = key.filter(|key| (1..=KEY_LIMIT).contains(&key.len())).ok_or_else(|| {
            let words = format!("{ONCE}: should be 1 to {KEY_LIMIT} visible ASCII characters");
            Failure::client(Code::InvalidRequest, words).at(ONCE)
        })?;
        if self.once.as_deref().is_some_and(|other| other != key) {
            let words = format!("{ONCE}: stands twice, with different keys");
            return Err(Failure::client(Code::InvalidRequest, words).at(ONCE));
        }
        self.once = Some(key.to_owned());
        Ok(())
    }
}

fn read_labels(text: &str) -> Result<std::collections::BTreeMap<String, String>, &'static str> {
    let mut labels = std::collections::BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("should be `name=value,name=value`")?;
        let (name, value) = (name.trim(), value.trim());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if name.is_empty() || name.len() > LABEL_NAME_LIMIT || !name.bytes().all(plain) {
            return Err("a name has 1 to 64 letters, digits, `_`, `-` and `.`");
        }
        if value.len() > LABEL_VALUE_LIMIT {
            return Err("a value has at most 256 bytes");
        }
        if labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err("a name stands twice");
        }
        if labels.len() > LABELS_LIMIT {
            return Err("at most 16 labels");
        }
    }
    Ok(labels)
}

fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)], trusted: bool) -> Result<Wishes, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        Wishes::read(&headers, trusted)
    }

    #[test]
    fn what_is_no_header_of_ours_is_refused_by_name() {
        let typo = read(&[("x-weighbridge-lables", "a=b")], false).unwrap_err();
        assert_eq!(typo.code, Code::InvalidRequest);
    }

    #[test]
    fn wishes_about_money_are_read() {
        let sent = [
            ("x-weighbridge-max-cost", "0.05 USD"),
            ("x-weighbridge-confirm", "ask"),
            ("idempotency-key", "order-7"),
        ];
        let wishes = read(&sent, false).unwrap();
        let in_currency = |code: &str| wishes.max_cost.unwrap().in_currency(code.parse().unwrap());
        assert_eq!(in_currency("USD").ok(), "0.05".parse().ok());
        assert_eq!(in_currency("CNY").unwrap_err().code, Code::CurrencyMismatch);
        assert!(wishes.ask);
        assert_eq!(wishes.once.as_deref(), Some("order-7"));
        for (name, value) in [
            ("x-weighbridge-max-cost", "-1"),
            ("x-weighbridge-max-cost", "1e3"),
            ("x-weighbridge-max-cost", "1 dollars"),
            ("x-weighbridge-estimate", "est_1"),
            ("x-weighbridge-confirm", "yes"),
            ("idempotency-key", " "),
        ] {
            assert_eq!(read(&[(name, value)], false).unwrap_err().field.as_deref(), Some(name));
        }
        for name in ["idempotency-key", "x-weighbridge-max-cost"] {
            assert!(read(&[(name, "1"), (name, "2")], false).is_err());
            assert!(read(&[(name, "1"), (name, "1")], false).is_ok());
        }
    }

    #[test]
    fn labels_are_read_and_bounded() {
        let wishes = read(&[("x-weighbridge-labels", "team=a, project=b c")], false).unwrap();
        assert_eq!(wishes.attribution.labels["project"], "b c");
        for bad in ["team", "=a", "a=1,a=2", "ä=1"] {
            let mut headers = HeaderMap::new();
            headers
                .append("x-weighbridge-labels", HeaderValue::from_bytes(bad.as_bytes()).unwrap());
            assert!(Wishes::read(&headers, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_about_people_count_only_with_a_trusted_key() {
        let sent = [("x-openwebui-user-id", "u1"), ("x-claude-code-session-id", "s1")];
        assert_eq!(read(&sent, false).unwrap().attribution, Attribution::default());
        let trusted = read(&sent, true).unwrap().attribution;
        assert_eq!(trusted.end_user.as_deref(), Some("u1"));
        assert_eq!(trusted.session.as_deref(), Some("s1"));
    }
}
