"""Everything that goes onto paper: what stands on it (copies, leaflets, handouts), and the press that prints it."""
