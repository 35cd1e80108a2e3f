//! The curves that the national identifiers stand for.

use std::sync::OnceLock;

use crypto_bigint::{U256, U512, Uint};

use super::field::{Field, Sparse};
use super::multiples::Multiples;

/// Limbs of a 256-bit number.
pub(super) const LIMBS_256: usize = U256::LIMBS;
/// Limbs of a 512-bit number.
pub(super) const LIMBS_512: usize = U512::LIMBS;

/// A short Weierstrass curve y² = x³ + ax + b with a subgroup of prime order.
pub(super) trait Curve<const N: usize>: Copy + 'static {
    /// Coordinates.
    type Field: Field<N>;
    /// Coefficient a; `None` stands for −3, for which doubling is cheaper.
    const A: Option<Uint<N>>;
    /// Coefficient b.
    const B: Uint<N>;
    /// Order of the subgroup.
    const ORDER: Uint<N>;
    /// How many times larger the whole group is.
    const COFACTOR: u8;
    /// Generator of the subgroup.
    const GENERATOR: (Uint<N>, Uint<N>);

    /// Multiples of the generator, computed once in a process; `None` only if the constants are wrong.
    fn multiples() -> &'static OnceLock<Option<Multiples<Self, N>>>;
}

/// id-tc26-gost-3410-12-512-paramSetA (RFC 7836 Appendix A.1), which the national register calls 1.2.398.3.10.1.1.2.2.1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tc26A512;

impl Curve<LIMBS_512> for Tc26A512 {
    type Field = Sparse<LIMBS_512, 569>;
    const A: Option<U512> = None;
    const B: U512 = U512::from_be_hex(
        "e8c2505dedfc86ddc1bd0b2b6667f1da34b82574761cb0e879bd081cfd0b6265\
         ee3cb090f30d27614cb4574010da90dd862ef9d4ebee4761503190785a71c760",
    );
    const ORDER: U512 = U512::from_be_hex(
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         27e69532f48d89116ff22b8d4e0560609b4b38abfad2b85dcacdb1411f10b275",
    );
    const COFACTOR: u8 = 1;
    const GENERATOR: (U512, U512) = (
        U512::from_u8(3),
        U512::from_be_hex(
            "7503cfe87a836ae3a61b8816e25450e6ce5e1c93acf1abc1778064fdcbefa921\
             df1626be4fd036e93d75e6a50e3a41e98028fe5fc235f5b889a589cb5215f2a4",
        ),
    );

    fn multiples() -> &'static OnceLock<Option<Multiples<Self, LIMBS_512>>> {
        static MULTIPLES: OnceLock<Option<Multiples<Tc26A512, LIMBS_512>>> = OnceLock::new();
        &MULTIPLES
    }
}

/// id-tc26-gost-3410-2012-256-paramSetA (RFC 7836 Appendix A.2) in Weierstrass form, which the national register calls
/// 1.2.398.3.10.1.1.2.1.1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tc26A256;

impl Curve<LIMBS_256> for Tc26A256 {
    type Field = Sparse<LIMBS_256, 617>;
    const A: Option<U256> =
        Some(U256::from_be_hex("c2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335"));
    const B: U256 = U256::from_be_hex("295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513");
    const ORDER: U256 = U256::from_be_hex("400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67");
    const COFACTOR: u8 = 4;
    const GENERATOR: (U256, U256) = (
        U256::from_be_hex("91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28"),
        U256::from_be_hex("32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5c"),
    );

    fn multiples() -> &'static OnceLock<Option<Multiples<Self, LIMBS_256>>> {
        static MULTIPLES: OnceLock<Option<Multiples<Tc26A256, LIMBS_256>>> = OnceLock::new();
        &MULTIPLES
    }
}

/// id-GostR3410-2001-CryptoPro-A-ParamSet (RFC 4357 §11.4), which the national register calls 1.2.398.3.10.1.1.1.1.1.
#[derive(Clone, Copy, Debug)]
pub(super) struct CryptoProA;

impl Curve<LIMBS_256> for CryptoProA {
    type Field = Sparse<LIMBS_256, 617>;
    const A: Option<U256> = None;
    const B: U256 = U256::from_u8(166);
    const ORDER: U256 = U256::from_be_hex("ffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893");
    const COFACTOR: u8 = 1;
    const GENERATOR: (U256, U256) =
        (U256::ONE, U256::from_be_hex("8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14"));

    fn multiples() -> &'static OnceLock<Option<Multiples<Self, LIMBS_256>>> {
        static MULTIPLES: OnceLock<Option<Multiples<CryptoProA, LIMBS_256>>> = OnceLock::new();
        &MULTIPLES
    }
}
