//! QR codes (ISO/IEC 18004) as images in SVG.

use qrcode::{EcLevel, QrCode, render::svg};

/// Pixels of a side, at least; the image scales.
const SIDE: u32 = 240;

/// `None` if the text is too long for a code.
pub(in crate::http) fn qr_code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).quiet_zone(true).build())
}
