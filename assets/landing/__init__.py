"""From files to items: what arrived, what was set aside, and the classes of today."""
