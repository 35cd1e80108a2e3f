//! The grounds on which the law lets a record be asked for, and the cases behind them.

use crate::closed::closed_list;

closed_list! {
    /// A ground for obtaining a record. The list is closed: SLS 16-2(3)–(5), OI 10, IAB 6(1)48)–49), PI 28, MIG 9(3).
    pub enum Ground ("grounds") {
        /// A criminal case in the signer's production (SLS 16-2(3)¶1).
        CriminalCase = "criminal-case",
        /// A civil case in the signer's production (SLS 16-2(3)¶1).
        CivilCase = "civil-case",
        /// A case of an administrative infraction in the signer's production (SLS 16-2(3)¶1).
        AdministrativeCase = "administrative-case",
        /// A search case in the signer's production (SLS 16-2(3)¶1).
        SearchCase = "search-case",
        /// Enforcement proceedings in the signer's production (SLS 16-2(3)¶1).
        EnforcementProceeding = "enforcement-proceeding",
        /// A criminal case before the signer's court (SLS 16-2(4)).
        CourtCriminal = "court-criminal",
        /// A civil case before the signer's court (SLS 16-2(4)).
        CourtCivil = "court-civil",
        /// An administrative case before the signer's court (SLS 16-2(4)).
        CourtAdministrative = "court-administrative",
        /// Operational-search activities, by joint act (SLS 16-2(3)¶4, OI 6, OI 10).
        Operational = "operational",
        /// Countering the laundering of proceeds and the financing of terrorism, by joint act (SLS 16-2(5)).
        FinancialMonitoring = "financial-monitoring",
        /// Rehabilitation and bankruptcy of a declared debtor, by joint act (IAB 6(1)49), SLS 16-1(1)¶3).
        Bankruptcy = "bankruptcy",
        /// Migration control over foreigners and stateless persons, by joint act (MIG 9(3)).
        Migration = "migration",
        /// Prevention of infractions, by joint act (PI 28(7), SLS 16-2(3)¶4).
        Prevention = "prevention",
        /// Covert investigative actions within a criminal case, by joint act (SLS 16-2(3)¶4, OI 8(1)).
        Covert = "covert",
    }
}

impl Ground {
    /// The kind of case that has to stand behind the request, if this ground is reconciled with a case registry.
    ///
    /// Covert investigative actions are part of a criminal case. The grounds without a case rest on a joint act alone.
    #[must_use]
    pub const fn case_kind(self) -> Option<CaseKind> {
        match self {
            Self::CriminalCase | Self::CourtCriminal | Self::Covert => Some(CaseKind::Criminal),
            Self::CivilCase | Self::CourtCivil => Some(CaseKind::Civil),
            Self::AdministrativeCase | Self::CourtAdministrative => Some(CaseKind::Administrative),
            Self::SearchCase => Some(CaseKind::Search),
            Self::EnforcementProceeding => Some(CaseKind::Enforcement),
            Self::Operational
            | Self::FinancialMonitoring
            | Self::Bankruptcy
            | Self::Migration
            | Self::Prevention => None,
        }
    }

    /// Whether the law leaves procedure and grounds to a joint act, which then has to be in force.
    #[must_use]
    pub const fn needs_act(self) -> bool {
        matches!(
            self,
            Self::Operational
                | Self::FinancialMonitoring
                | Self::Bankruptcy
                | Self::Migration
                | Self::Prevention
                | Self::Covert
        )
    }

    /// Whether this is the courts' own track (SLS 16-2(4)).
    #[must_use]
    pub const fn is_court(self) -> bool {
        matches!(self, Self::CourtCriminal | Self::CourtCivil | Self::CourtAdministrative)
    }
}

closed_list! {
    /// The five kinds of case of SLS 16-2(3)¶1.
    pub enum CaseKind ("kinds of case") {
        /// Criminal.
        Criminal = "criminal",
        /// Civil.
        Civil = "civil",
        /// Administrative infraction.
        Administrative = "administrative",
        /// Search for a person.
        Search = "search",
        /// Enforcement proceedings.
        Enforcement = "enforcement",
    }
}

closed_list! {
    /// Where a case stands in its own registry.
    pub enum CaseStatus ("states of a case") {
        /// In production.
        Open = "open",
        /// Interrupted: nothing may be obtained until it is resumed.
        Suspended = "suspended",
        /// Ended.
        Closed = "closed",
    }
}

closed_list! {
    /// What has to be feared for a measure to begin before its sanction (OI 12(7)¶1).
    pub enum Threat ("threats that make a case urgent in law") {
        /// A grave crime may be committed.
        GraveCrime = "grave-crime",
        /// A particularly grave crime may be committed.
        ParticularlyGraveCrime = "particularly-grave-crime",
        /// A crime is prepared or committed by a criminal group.
        CriminalGroup = "criminal-group",
    }
}

closed_list! {
    /// The closed list of bases of operational-search measures (OI 10(1)–(2)); only the law can change it (OI 10(3)).
    pub enum OperationalBasis ("bases of operational-search measures") {
        /// OI 10(1)a): materials of a pre-trial investigation.
        PreTrialMaterials = "pre-trial-materials",
        /// OI 10(1)b): information on an offence prepared, being committed or committed.
        OffenceInformation = "offence-information",
        /// OI 10(1)b): information on persons hiding from inquiry, investigation, court or punishment.
        HidingPersons = "hiding-persons",
        /// OI 10(1)b): citizens missing, unidentified corpses found.
        MissingPersons = "missing-persons",
        /// OI 10(1)b): intelligence and subversive actions of foreign services.
        SubversiveActions = "subversive-actions",
        /// OI 10(1)c): an investigator's written order in a criminal case.
        InvestigatorOrder = "investigator-order",
        /// OI 10(1)c-1): a prosecutor's decision or written instruction.
        ProsecutorDecision = "prosecutor-decision",
        /// OI 10(1)c-2): a judicial act for a search.
        JudicialSearchAct = "judicial-search-act",
        /// OI 10(1)d): a request from abroad under a treaty.
        InternationalRequest = "international-request",
        /// OI 10(1)e): intelligence information in the interest of society and state.
        IntelligenceNeed = "intelligence-need",
        /// OI 10(2): vetting for employment or service in these bodies.
        VettingService = "vetting-service",
        /// OI 10(2): vetting for work at protected objects and around protected persons.
        VettingProtectedObjects = "vetting-protected-objects",
        /// OI 10(2): security of the bodies themselves.
        VettingOwnSecurity = "vetting-own-security",
        /// OI 10(2): vetting for work at objects of increased danger.
        VettingHazardousObjects = "vetting-hazardous-objects",
        /// OI 10(2): vetting for taking part in operational-search activity or for access to its materials.
        VettingParticipation = "vetting-participation",
        /// OI 10(2): vetting for a licence of security activity.
        VettingSecurityLicence = "vetting-security-licence",
    }
}
