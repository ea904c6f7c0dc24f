//! What every request passes on its way in, and every answer on its way out.

pub(super) mod cors;
pub(super) mod csrf;
pub(super) mod fallback;
pub(super) mod headers;
pub(super) mod proxy_query;
pub(super) mod trace;
pub(super) mod well_formed;
