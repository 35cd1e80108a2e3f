//! The files of `anchors/`, compiled in: what is trusted by default is then as hard to change as the program.

/// Name and content.
pub(super) const FILES: [(&str, &[u8]); 12] = [
    ("manifest.json", include_bytes!("../../anchors/manifest.json")),
    ("btsd_gost.cer", include_bytes!("../../anchors/btsd_gost.cer")),
    ("nca_gost.pem", include_bytes!("../../anchors/nca_gost.pem")),
    ("nca_gost_2022.pem", include_bytes!("../../anchors/nca_gost_2022.pem")),
    ("nca_rsa.pem", include_bytes!("../../anchors/nca_rsa.pem")),
    ("nca_rsa_2022.cer", include_bytes!("../../anchors/nca_rsa_2022.cer")),
    ("root_gost.pem", include_bytes!("../../anchors/root_gost.pem")),
    ("root_gost_2020.cer", include_bytes!("../../anchors/root_gost_2020.cer")),
    ("root_gost_2022.pem", include_bytes!("../../anchors/root_gost_2022.pem")),
    ("root_rsa.pem", include_bytes!("../../anchors/root_rsa.pem")),
    ("root_rsa_2020.cer", include_bytes!("../../anchors/root_rsa_2020.cer")),
    ("ucgo_gost.cer", include_bytes!("../../anchors/ucgo_gost.cer")),
];
