//! Trouble of one server, made by fail points and limits: what is said, and that it works again by itself.
