-- Phones, e-mails and domains that are nobody's: they say nothing about who somebody is.

CREATE TABLE IF NOT EXISTS jorge.identity_stop (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    kind        text NOT NULL CHECK (kind IN ('phone', 'email', 'domain')),
    key         text NOT NULL,
    reason      text NOT NULL,
    PRIMARY KEY (location_id, kind, key)
);
-- intake asks for a tenant's and everybody's together
CREATE INDEX IF NOT EXISTS identity_stop_key_idx ON jorge.identity_stop (key);
COMMENT ON TABLE jorge.identity_stop IS 'Phones and e-mails that never make two arrivals one person: portals'' tracking numbers and relays, the office''s own, what people type to get past a form. jorge.phone_key() and jorge.email_key() refuse impossible numbers, roles (info@) and the great portals'' relays by themselves; these rows are what only an owner can know, and what is no rule of form.';
COMMENT ON COLUMN jorge.identity_stop.location_id IS 'Tenant, or "*" for all of them.';
COMMENT ON COLUMN jorge.identity_stop.kind IS 'phone, email, or domain (of e-mail addresses, with its subdomains).';
COMMENT ON COLUMN jorge.identity_stop.key IS 'The canonical form: what jorge.phone_key() or jorge.email_key() returns; of a domain its lower-case name.';
COMMENT ON COLUMN jorge.identity_stop.reason IS 'Why, for whoever wonders: "tracking number of Zillow".';

INSERT INTO jorge.identity_stop (location_id, kind, key, reason)
SELECT '*', s.kind, s.key, s.reason
  FROM (VALUES ('email', 'anonymous@gmail.com', 'typed for want of an address'),
               ('email', 'fake@fake.com', 'typed for want of an address'),
               ('email', 'fake@gmail.com', 'typed for want of an address'),
               ('email', 'me@me.com', 'typed for want of an address'),
               ('email', 'name@email.com', 'typed for want of an address'),
               ('email', 'no@gmail.com', 'typed for want of an address'),
               ('email', 'no@no.com', 'typed for want of an address'),
               ('email', 'noemailprovided@gmail.com', 'typed for want of an address'),
               ('email', 'notgiven@gmail.com', 'typed for want of an address'),
               ('email', 'your@email.com', 'typed for want of an address'),
               ('domain', '10minutemail.com', 'anybody''s mailbox for ten minutes'),
               ('domain', 'guerrillamail.com', 'anybody''s mailbox'),
               ('domain', 'mailinator.com', 'anybody''s mailbox'),
               ('domain', 'sharklasers.com', 'anybody''s mailbox'),
               ('domain', 'trashmail.com', 'anybody''s mailbox'),
               ('domain', 'yopmail.com', 'anybody''s mailbox')) s(kind, key, reason)
 -- a row the owner has deleted does not come back
 WHERE NOT EXISTS (SELECT FROM jorge.identity_stop WHERE location_id = '*');
