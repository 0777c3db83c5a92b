"""What the database itself promises about screening, beyond one row: triggers."""

import pgtrigger

KEPT = """
IF EXISTS (SELECT 1 FROM {rows} AS item JOIN reviews_record AS record ON record.id = item.record_id
           WHERE NOT record.kept) THEN
    RAISE EXCEPTION 'only kept records are screened'
        USING ERRCODE = '23514', CONSTRAINT = 'only_kept_records_are_screened';
END IF;
RETURN NULL;
"""

TOOK_NO_PART = """
IF EXISTS (SELECT 1 FROM reviews_decision WHERE item_id = NEW.item_id AND reviewer_id = NEW.by_id)
THEN
    RAISE EXCEPTION 'an adjudicator took no part'
        USING ERRCODE = '23514', CONSTRAINT = 'an_adjudicator_took_no_part';
END IF;
RETURN NEW;
"""

# Who has left the review is not asked, but somebody else has to agree in any case.
CONFIRMED = """
IF NOT EXISTS (SELECT 1 FROM reviews_confirmation WHERE settlement_id = NEW.id)
   OR EXISTS (
    SELECT 1 FROM (
        SELECT DISTINCT ON (reviewer_id) reviewer_id, verdict FROM reviews_decision
        WHERE item_id = NEW.item_id ORDER BY reviewer_id, revision DESC
    ) AS decider
    WHERE decider.verdict <> 'withdrawn' AND decider.reviewer_id <> NEW.by_id
      AND EXISTS (SELECT 1 FROM reviews_membership AS member WHERE member.until IS NULL
                  AND member.review_id = NEW.review_id AND member.user_id = decider.reviewer_id)
      AND NOT EXISTS (SELECT 1 FROM reviews_confirmation AS yes
                      WHERE yes.settlement_id = NEW.id AND yes.by_id = decider.reviewer_id))
THEN
    RAISE EXCEPTION 'a consensus is confirmed by every other decider'
        USING ERRCODE = '23514', CONSTRAINT = 'a_consensus_is_confirmed_by_every_other_decider';
END IF;
RETURN NEW;
"""

ONLY_KEPT_RECORDS = [
    pgtrigger.Trigger(
        name="only_kept_records_get_items",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_items"),
        func=KEPT.format(rows="new_items"),
    ),
    pgtrigger.Trigger(
        name="items_move_to_kept_records",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.record_id IS DISTINCT FROM NEW.record_id"),
        func=KEPT.format(rows="(SELECT NEW.record_id AS record_id)"),
    ),
]

FAIR_SETTLEMENT = [
    pgtrigger.Trigger(
        name="an_adjudicator_took_no_part",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Condition("NEW.how = 'adjudication'"),
        func=TOOK_NO_PART,
    ),
    pgtrigger.Trigger(
        name="a_consensus_is_confirmed",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Condition(
            "NEW.how = 'consensus' AND NEW.in_force_at IS NOT NULL AND NEW.revoked_at IS NULL"
        ),
        func=CONFIRMED,
    ),
]
