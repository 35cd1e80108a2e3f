//! The refusal codes a rule may carry, in the order in which the law asks its questions.

use crate::closed::closed_list;

closed_list! {
    /// A refusal code of the wire contract that a rule may carry.
    ///
    /// The order is the legal order: channel and document, user, case, ground, registry, sanction. Of all rules a
    /// request breaks, the one whose code comes first names the refusal.
    pub enum Code ("refusal codes of rules") {
        /// The system or its body is not, or no longer, admitted.
        SystemNotEnrolled = "system-not-enrolled",
        /// Circumstances or purpose are not stated.
        CircumstancesMissing = "circumstances-missing",
        /// The signer is not a registered user.
        UserNotRegistered = "user-not-registered",
        /// The signer is suspended, or not in office.
        UserSuspended = "user-suspended",
        /// Channel, document, body and signer are not of one agency.
        AgencyMismatch = "agency-mismatch",
        /// The case registry knows no such case.
        CaseNotFound = "case-not-found",
        /// What the case registry said is too old to rely on.
        CaseUnverifiable = "case-unverifiable",
        /// The case is of another kind than the ground.
        CaseKindMismatch = "case-kind-mismatch",
        /// The case is not open, or a prosecutor stopped it.
        CaseNotOpen = "case-not-open",
        /// The case is not in the signer's production.
        CaseNotInProduction = "case-not-in-production",
        /// The ground is not open to this signer, body or register.
        GroundNotPermitted = "ground-not-permitted",
        /// The registry is not on the list in force.
        RegistryNotListed = "registry-not-listed",
        /// The operation is not open to this role under this ground.
        OperationNotPermitted = "operation-not-permitted",
        /// A sanction is needed and none is valid.
        SanctionMissing = "sanction-missing",
    }
}
