//! The kinds of body that ask for records.

use crate::closed::closed_list;

closed_list! {
    /// What a body is in law. Who may use a ground depends on it; the list is closed.
    pub enum BodyKind ("kinds of body") {
        /// Bodies of internal affairs (OI 6(1)1), IAB 6, PI 7, MIG 9).
        InternalAffairs = "internal-affairs",
        /// National security bodies (OI 6(1)2), MIG 9(3)).
        NationalSecurity = "national-security",
        /// The authorised body in the field of foreign intelligence (OI 6(1)3)).
        ForeignIntelligence = "foreign-intelligence",
        /// Military intelligence of the Ministry of Defence (OI 6(1)4), SLS 16-2(3)¶4).
        MilitaryIntelligence = "military-intelligence",
        /// The anti-corruption service (OI 6(1)5)).
        AntiCorruption = "anti-corruption",
        /// The State protection service (OI 6(1)6)).
        StateProtection = "state-protection",
        /// The economic investigation service (OI 6(1)7)).
        EconomicInvestigation = "economic-investigation",
        /// The prosecutor's office (SLS 2(1), OI 25).
        Prosecutor = "prosecutor",
        /// Military police (PI 9-1).
        MilitaryPolice = "military-police",
        /// A court (SLS 16-2(4)).
        Court = "court",
        /// Bodies that execute enforcement documents (SLS 16-2(3)¶1).
        Enforcement = "enforcement",
        /// The authorised body for financial monitoring (SLS 16-2(5)).
        FinancialMonitoring = "financial-monitoring",
        /// The authorised body for rehabilitation and bankruptcy (IAB 6(1)49)).
        Bankruptcy = "bankruptcy",
        /// The authorised body for migration of the population (MIG 9(3)).
        Migration = "migration",
        /// The Ministry of Foreign Affairs (MIG 9(3)).
        ForeignAffairs = "foreign-affairs",
        /// Any other body admitted by a joint act (SLS 16-1(1)¶3).
        Other = "other",
    }
}

closed_list! {
    /// Standing of a body, of an agency's system or of a registered person.
    pub enum Standing ("standings") {
        /// Admitted.
        Active = "active",
        /// Admitted once, stopped for now.
        Suspended = "suspended",
        /// Not admitted, or no longer.
        Revoked = "revoked",
    }
}

closed_list! {
    /// Rank of the official who signed a sanction. Only the first four can give one (OI 12(4)¶4).
    pub enum ProsecutorRank ("ranks of prosecutor") {
        /// The Prosecutor General.
        ProsecutorGeneral = "prosecutor-general",
        /// His first deputy or a deputy.
        DeputyProsecutorGeneral = "deputy-prosecutor-general",
        /// The Chief military prosecutor.
        ChiefMilitaryProsecutor = "chief-military-prosecutor",
        /// The prosecutor of a region, or one equated to him.
        RegionalProsecutor = "regional-prosecutor",
        /// Any other prosecutor: cannot sanction special measures.
        OtherProsecutor = "other-prosecutor",
    }
}
