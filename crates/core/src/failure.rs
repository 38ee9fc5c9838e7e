//! How a call fails: by whose doing, whether trying again can help, and in which words.
//!
//! A failure knows no flavor and no status line; each flavor's front turns it into its own.

use std::borrow::Cow;

use serde_json::Value;

/// Whose doing it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The caller's.
    Client,
    /// Ours.
    Gateway,
    /// The provider's.
    Provider,
}

/// Whether the same call can succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No: something has to change first. Clients are told `x-should-retry: false`.
    Never,
    /// Yes, after about this many seconds.
    After(u32),
    /// Yes, after this many milliseconds.
    AfterMillis(u64),
}

impl Retry {
    /// The whole seconds after which it is worth trying again; nothing where it never is.
    pub const fn seconds(self) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::After(seconds) => Some(seconds as u64),
            Self::AfterMillis(millis) => Some(millis.div_ceil(1000)),
        }
    }
}

/// A stable name for what went wrong, the same in every flavor and on every receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The request is not what the flavor calls a request.
    InvalidRequest,
    /// No credential, or none that is valid.
    InvalidApiKey,
    /// The credential is good, its role is not enough.
    Forbidden,
    /// Something of the design that this version does not do.
    NotAvailable,
    /// Something that only some providers do, and none that serves the model.
    NotImplemented,
    /// A route of the design that this version does not have.
    NotBuilt,
    /// No such route.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// A WebSocket was asked for, and none is spoken here.
    NoWebSocket,
    /// The call cannot be said in its provider's flavor without meaning something else.
    Unconvertible,
    /// No provider serves that model.
    ModelNotFound,
    /// The body is longer than `limits.body`.
    BodyTooLarge,
    /// The head is longer than `limits.header_bytes`, or has more than `limits.headers` fields.
    HeadersTooLarge,
    /// The body came too slowly.
    RequestTimeout,
    /// The body ended before its end.
    BodyIncomplete,
    /// The content coding or type of the body is not taken.
    UnsupportedMediaType,
    /// The account's level allows no more requests now.
    RateLimited,
    /// The budget does not allow what the call may cost.
    BudgetExceeded,
    /// The call may cost more than its caller said that it may.
    OverMaxCost,
    /// Nothing bounds what the call may cost, and the level wants a bound.
    CostUnbounded,
    /// The model has no price, and the account has a budget.
    Unpriced,
    /// The model's price is in another currency than the budget.
    CurrencyMismatch,
    /// The caller asked to be asked: here is what the call will cost.
    ConfirmationRequired,
    /// The quote is unknown, expired, used, or for something else.
    EstimateUnusable,
    /// As many quotes are open as may be.
    TooManyEstimates,
    /// Another call was made with this idempotency key.
    IdempotencyConflict,
    /// A budget would be less than what is spent and held.
    BudgetBelowUse,
    /// There may be no more of something.
    LimitReached,
    /// The intent or receipt cannot be committed, or no place for them is free.
    CannotRecord,
    /// What was recorded has no number in the log yet.
    NotSequenced,
    /// The log is not signed any more.
    LedgerNotSigned,
    /// The gateway is stopping.
    ShuttingDown,
    /// No more connections or calls than the limits allow.
    Overloaded,
    /// The provider could not be reached.
    ProviderUnreachable,
    /// The provider did not answer in time.
    ProviderTimeout,
    /// The provider refused our credential.
    ProviderCredential,
    /// The provider wants no calls for a while.
    ProviderBusy,
    /// The provider answered with an error.
    ProviderError,
    /// The provider's answer is not what its flavor calls an answer.
    ProviderGarbage,
    /// The provider's answer ended before its end.
    ProviderIncomplete,
    /// The caller left.
    ClientLeft,
    /// Something of ours went wrong.
    Internal,
}

impl Code {
    /// The code as callers and receipts see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidApiKey => "invalid_api_key",
            Self::Forbidden => "forbidden",
            Self::NotAvailable | Self::NotBuilt | Self::NotImplemented => "not_available",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NoWebSocket => "no_websocket",
            Self::Unconvertible => "unconvertible",
            Self::ModelNotFound => "model_not_found",
            Self::BodyTooLarge => "body_too_large",
            Self::HeadersTooLarge => "headers_too_large",
            Self::RequestTimeout => "request_timeout",
            Self::BodyIncomplete => "body_incomplete",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RateLimited => "rate_limit_exceeded",
            Self::BudgetExceeded => "budget_exceeded",
            Self::OverMaxCost => "over_max_cost",
            Self::CostUnbounded => "cost_unbounded",
            Self::Unpriced => "unpriced",
            Self::CurrencyMismatch => "currency_mismatch",
            Self::ConfirmationRequired => "confirmation_required",
            Self::EstimateUnusable => "estimate_unusable",
            Self::TooManyEstimates => "too_many_estimates",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::BudgetBelowUse => "budget_below_use",
            Self::LimitReached => "limit_reached",
            Self::CannotRecord => "cannot_record",
            Self::NotSequenced => "not_sequenced",
            Self::LedgerNotSigned => "ledger_not_signed",
            Self::ShuttingDown => "shutting_down",
            Self::Overloaded => "overloaded",
            Self::ProviderUnreachable => "provider_unreachable",
            Self::ProviderTimeout => "provider_timeout",
            Self::ProviderCredential => "provider_credential",
            Self::ProviderBusy => "provider_busy",
            Self::ProviderError => "provider_error",
            Self::ProviderGarbage => "provider_garbage",
            Self::ProviderIncomplete => "provider_incomplete",
            Self::ClientLeft => "client_left",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that says this, which the flavors in this version share.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest
            | Self::NotAvailable
            | Self::BodyIncomplete
            | Self::Unconvertible => 400,
            Self::InvalidApiKey => 401,
            Self::BudgetExceeded
            | Self::OverMaxCost
            | Self::CostUnbounded
            | Self::Unpriced
            | Self::CurrencyMismatch
            | Self::ConfirmationRequired => 402,
            Self::Forbidden => 403,
            Self::NotBuilt | Self::NotFound | Self::ModelNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NoWebSocket => 426,
            Self::RequestTimeout => 408,
            Self::EstimateUnusable
            | Self::IdempotencyConflict
            | Self::BudgetBelowUse
            | Self::LimitReached => 409,
            Self::BodyTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited | Self::TooManyEstimates | Self::ProviderBusy => 429,
            Self::HeadersTooLarge => 431,
            Self::ClientLeft => 499,
            Self::Internal => 500,
            Self::NotImplemented => 501,
            Self::ProviderUnreachable
            | Self::ProviderCredential
            | Self::ProviderError
            | Self::ProviderGarbage
            | Self::ProviderIncomplete => 502,
            Self::CannotRecord
            | Self::NotSequenced
            | Self::LedgerNotSigned
            | Self::ShuttingDown
            | Self::Overloaded => 503,
            Self::ProviderTimeout => 504,
        }
    }
}

/// One failure: what the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose doing.
    pub source: Source,
    /// What.
    pub code: Code,
    /// Whether later is better.
    pub retry: Retry,
    /// What happened, where, and what to do; safe to show.
    pub words: Cow<'static, str>,
    /// The caller's own field at fault.
    pub field: Option<Cow<'static, str>>,
    /// The same for programs: amounts, quotes, ids.
    pub detail: Option<Box<Value>>,
}

impl Failure {
    /// Something the caller has to change.
    pub fn client(code: Code, words: impl Into<Cow<'static, str>>) -> Self {
        let words = words.into();
        Self { source: Source::Client, code, retry: Retry::Never, words, field: None, detail: None }
    }

    /// Something of ours.
    pub fn gateway(code: Code, retry: Retry, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            source: Source::Gateway,
            code,
            retry,
            words: words.into(),
            field: None,
            detail: None,
        }
    }

    /// Something of the provider's.
    pub fn provider(code: Code, retry: Retry, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            source: Source::Provider,
            code,
            retry,
            words: words.into(),
            field: None,
            detail: None,
        }
    }

    /// The same, naming the caller's field.
    #[must_use]
    pub fn at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same, with what programs read of it.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = Some(Box::new(detail));
        self
    }
}
