//! Nothing but a place for the examples beside this file.
