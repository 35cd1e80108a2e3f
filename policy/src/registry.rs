//! Registries, as far as the law treats them differently.

use crate::closed::closed_list;

closed_list! {
    /// What the law says apart about a register.
    pub enum RegistryClass ("classes of registry") {
        /// Nothing apart.
        General = "general",
        /// The preventive record: only for problems of prevention (PI 28(7)).
        PreventiveRecord = "preventive-record",
        /// The single database of entry and exit: a closed list of recipients (MIG 9(3)).
        EntryExit = "entry-exit",
        /// Pending criminal cases: what the bankruptcy track is confined to (IAB 6(1)49)).
        PendingCases = "pending-cases",
    }
}

closed_list! {
    /// Whether a registry on the list may be asked now (SLS 16-1(1)¶2).
    pub enum RegistryState ("states of a registry") {
        /// Integrated.
        Integrated = "integrated",
        /// Suspended by the operator or its owner.
        Suspended = "suspended",
        /// Known, but not on the list.
        Unlisted = "unlisted",
    }
}
