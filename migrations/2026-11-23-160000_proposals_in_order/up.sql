-- Lists of everybody's handovers, in their order: of each state the first, among all that ever ended in it.
CREATE INDEX proposals_in_order ON proposals (state, id);
