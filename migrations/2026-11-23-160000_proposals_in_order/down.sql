DROP INDEX proposals_in_order;
