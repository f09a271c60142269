-- Triggers last: from here on an insert into jorge.inquiry or jorge.interaction does everything.

CREATE OR REPLACE TRIGGER intake AFTER INSERT ON jorge.inquiry
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.inquiry_intake();
COMMENT ON TRIGGER intake ON jorge.inquiry IS 'Makes or finds the lead of each arrival, folds it in and scores it.';

CREATE OR REPLACE TRIGGER intake AFTER INSERT ON jorge.interaction
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.interaction_intake();
COMMENT ON TRIGGER intake ON jorge.interaction IS 'Keeps the lead''s counters and text signals and scores it anew.';

CREATE OR REPLACE TRIGGER truncated AFTER TRUNCATE ON jorge.lead
    FOR EACH STATEMENT EXECUTE FUNCTION jorge.lead_truncated();
COMMENT ON TRIGGER truncated ON jorge.lead IS 'Empties what only refers to leads by id.';

CREATE OR REPLACE TRIGGER by_hand_inserted AFTER INSERT ON jorge.lead
    FOR EACH ROW EXECUTE FUNCTION jorge.lead_by_hand();
COMMENT ON TRIGGER by_hand_inserted ON jorge.lead IS 'Takes a row that a user inserts in as an arrival.';

CREATE OR REPLACE TRIGGER by_hand_changed AFTER UPDATE OF name, first_name, last_name, phone, email, street, city, state, postal_code, country,
        language, time_zone, side, budget_min, budget_max, timeline, financing, property_type, bedrooms, bathrooms, area, listing_ref ON jorge.lead
    FOR EACH ROW EXECUTE FUNCTION jorge.lead_by_hand();
COMMENT ON TRIGGER by_hand_changed ON jorge.lead IS 'Keeps what a user changes by hand when the lead is folded anew.';

CREATE OR REPLACE TRIGGER lead BEFORE INSERT ON jorge.interaction
    FOR EACH ROW EXECUTE FUNCTION jorge.interaction_lead();
COMMENT ON TRIGGER lead ON jorge.interaction IS 'Follows an id that was given for a person who is now another row.';

CREATE OR REPLACE TRIGGER unseen BEFORE INSERT ON jorge.interaction
    FOR EACH ROW WHEN (NEW.provider IS NOT NULL AND NEW.provider_ref IS NOT NULL)
    EXECUTE FUNCTION jorge.interaction_unseen();
COMMENT ON TRIGGER unseen ON jorge.interaction IS 'Drops a replay of an interaction that was stored before.';

CREATE OR REPLACE TRIGGER hints BEFORE INSERT ON jorge.inquiry
    FOR EACH ROW WHEN (NEW.listing_ref IS NOT NULL) EXECUTE FUNCTION jorge.inquiry_listing_hints();
COMMENT ON TRIGGER hints ON jorge.inquiry IS 'Fills budget and area from the listing asked about where the person gave none.';

-- after "intake", by its name
CREATE OR REPLACE TRIGGER listing AFTER INSERT ON jorge.inquiry
    REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.inquiry_listing_kept();
COMMENT ON TRIGGER listing ON jorge.inquiry IS 'Keeps the listing asked about as it was at that moment.';

CREATE OR REPLACE TRIGGER load BEFORE INSERT OR UPDATE OF source ON jorge.inbox
    FOR EACH ROW WHEN (NEW.source LIKE 'load:%') EXECUTE FUNCTION jorge.check_load();
COMMENT ON TRIGGER load ON jorge.inbox IS 'Rows of business tables come from those only who may write them.';

CREATE OR REPLACE TRIGGER intake AFTER INSERT ON jorge.inbox
    FOR EACH ROW WHEN (NEW.state = 'new' AND NOT NEW.deferred) EXECUTE FUNCTION jorge.inbox_intake();
COMMENT ON TRIGGER intake ON jorge.inbox IS 'Takes the delivery in.';

CREATE OR REPLACE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jorge.model_active
    FOR EACH STATEMENT EXECUTE FUNCTION jorge.announce_change();
COMMENT ON TRIGGER announce ON jorge.model_active IS 'Makes every backend look the current model up again after the commit.';

CREATE OR REPLACE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jorge.lexicon_extra
    FOR EACH STATEMENT EXECUTE FUNCTION jorge.lexicon_changed();
COMMENT ON TRIGGER announce ON jorge.lexicon_extra IS 'Refuses words the scanner can''t use, and makes every backend read the words again after the commit.';
