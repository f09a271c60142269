-- Where providers put things, as of November 2026. Shipped rows are renewed by install(); an owner's are theirs.

DELETE FROM jorge.field_map WHERE shipped;
INSERT INTO jorge.field_map (location_id, source, field, path, pattern, transform, rank, shipped)
SELECT '*', m.source, m.field, m.path::text[], m.pattern, m.transform, m.rank, true
  FROM (VALUES
    -- flat JSON and forms under the columns' own and other common names
    ('*', 'source_ref', '{source_ref}', '', 'text', 10), ('*', 'source_ref', '{id}', '', 'text', 11), ('*', 'source_ref', '{lead_id}', '', 'text', 12), ('*', 'source_ref', '{leadId}', '', 'text', 13),
    ('*', 'received_at', '{received_at}', '', 'time', 10), ('*', 'received_at', '{created_time}', '', 'time', 11), ('*', 'received_at', '{created_at}', '', 'time', 12),
    ('*', 'received_at', '{createdAt}', '', 'time', 13), ('*', 'received_at', '{timestamp}', '', 'time', 14), ('*', 'received_at', '{date}', '', 'time', 15),
    ('*', 'campaign', '{campaign}', '', 'text', 10), ('*', 'campaign', '{utm_campaign}', '', 'text', 11), ('*', 'campaign', '{campaign_name}', '', 'text', 12), ('*', 'campaign', '{source_hint}', '', 'text', 13),
    ('*', 'cost', '{cost}', '', 'number', 10),
    ('*', 'side', '{side}', '', 'side', 10), ('*', 'side', '{role}', '', 'side', 11), ('*', 'side', '{lead_type}', '', 'side', 12), ('*', 'side', '{leadType}', '', 'side', 13),
    ('*', 'name', '{name}', '', 'line', 10), ('*', 'name', '{full_name}', '', 'line', 11), ('*', 'name', '{fullName}', '', 'line', 12), ('*', 'name', '{contact,name}', '', 'line', 13),
    ('*', 'first_name', '{first_name}', '', 'line', 10), ('*', 'first_name', '{firstName}', '', 'line', 11), ('*', 'first_name', '{contact,first_name}', '', 'line', 12), ('*', 'first_name', '{contact,firstName}', '', 'line', 13),
    ('*', 'last_name', '{last_name}', '', 'line', 10), ('*', 'last_name', '{lastName}', '', 'line', 11), ('*', 'last_name', '{contact,last_name}', '', 'line', 12), ('*', 'last_name', '{contact,lastName}', '', 'line', 13),
    ('*', 'phone', '{phone}', '', 'line', 10), ('*', 'phone', '{phone_number}', '', 'line', 11), ('*', 'phone', '{phoneNumber}', '', 'line', 12), ('*', 'phone', '{mobile}', '', 'line', 13), ('*', 'phone', '{contact,phone}', '', 'line', 14),
    ('*', 'email', '{email}', '', 'line', 10), ('*', 'email', '{email_address}', '', 'line', 11), ('*', 'email', '{emailAddress}', '', 'line', 12), ('*', 'email', '{contact,email}', '', 'line', 13),
    ('*', 'street', '{street}', '', 'line', 10), ('*', 'street', '{address}', '', 'line', 11), ('*', 'street', '{address1}', '', 'line', 12), ('*', 'street', '{street_address}', '', 'line', 13),
    ('*', 'city', '{city}', '', 'line', 10), ('*', 'state', '{state}', '', 'line', 10), ('*', 'country', '{country}', '', 'line', 10),
    ('*', 'postal_code', '{postal_code}', '', 'line', 10), ('*', 'postal_code', '{postalCode}', '', 'line', 11), ('*', 'postal_code', '{zip}', '', 'line', 12), ('*', 'postal_code', '{zip_code}', '', 'line', 13),
    ('*', 'message', '{message}', '', 'message', 10), ('*', 'message', '{comments}', '', 'message', 11), ('*', 'message', '{comment}', '', 'message', 12), ('*', 'message', '{body}', '', 'message', 13), ('*', 'message', '{notes}', '', 'message', 14),
    ('*', 'budget_min', '{budget_min}', '', 'number', 10), ('*', 'budget_min', '{budget}', '', 'low', 11), ('*', 'budget_min', '{budget_range}', '', 'low', 12), ('*', 'budget_min', '{budget_signals}', '', 'low', 13),
    ('*', 'budget_max', '{budget_max}', '', 'number', 10), ('*', 'budget_max', '{budget}', '', 'high', 11), ('*', 'budget_max', '{budget_range}', '', 'high', 12), ('*', 'budget_max', '{budget_signals}', '', 'high', 13),
    ('*', 'timeline', '{timeline}', '', 'words', 10), ('*', 'timeline', '{timeframe}', '', 'words', 11), ('*', 'timeline', '{timeline_signals}', '', 'words', 12),
    ('*', 'financing', '{financing}', '', 'financing', 10), ('*', 'financing', '{pre_qualified}', '', 'financing', 11), ('*', 'financing', '{pre_approved}', '', 'financing', 12),
    ('*', 'property_type', '{property_type}', '', 'words', 10), ('*', 'property_type', '{propertyType}', '', 'words', 11),
    ('*', 'bedrooms', '{bedrooms}', '', 'number', 10), ('*', 'bedrooms', '{beds}', '', 'number', 11), ('*', 'bathrooms', '{bathrooms}', '', 'number', 10), ('*', 'bathrooms', '{baths}', '', 'number', 11),
    ('*', 'area', '{area}', '', 'words', 10), ('*', 'area', '{areas}', '', 'words', 11), ('*', 'area', '{location_preference}', '', 'words', 12),
    ('*', 'listing_ref', '{listing_ref}', '', 'line', 10), ('*', 'listing_ref', '{listing_id}', '', 'line', 11), ('*', 'listing_ref', '{listingId}', '', 'line', 12), ('*', 'listing_ref', '{mls_id}', '', 'line', 13),
    ('*', 'language', '{language}', '', 'language', 10), ('*', 'time_zone', '{time_zone}', '', 'line', 10), ('*', 'time_zone', '{timezone}', '', 'line', 11),

    -- Real Estate Lead Metadata 1.0 (leadmetadata.org): meta tags in a mail's HTML
    ('*', 'name', '{meta,lead_name}', '', 'line', 1), ('*', 'email', '{meta,lead_email}', '', 'line', 1), ('*', 'phone', '{meta,lead_phone}', '', 'line', 1), ('*', 'message', '{meta,lead_message}', '', 'message', 1),
    ('*', 'campaign', '{meta,lead_source}', '', 'line', 1), ('*', 'side', '{meta,lead_type}', '', 'side', 1), ('*', 'timeline', '{meta,lead_time_frame}', '', 'words', 1), ('*', 'financing', '{meta,lead_financing}', '', 'financing', 1),
    ('*', 'budget_max', '{meta,lead_max_price}', '', 'number', 1), ('*', 'bedrooms', '{meta,lead_property_bedrooms}', '', 'number', 1), ('*', 'area', '{meta,lead_property_city}', '', 'line', 1),
    ('*', 'listing_ref', '{meta,lead_property_mls}', '', 'line', 1), ('*', 'listing_ref', '{meta,lead_property_address}', '', 'line', 2), ('*', 'listing_ref', '{meta,lead_property_url}', '', 'line', 3),

    -- ADF
    ('*', 'source_ref', '{adf,~^id}', '', 'line', 2), ('*', 'received_at', '{adf,requestdate}', '', 'time', 2), ('*', 'campaign', '{adf,provider_name}', '', 'line', 2), ('*', 'campaign', '{adf,~^provider_name_}', '', 'line', 3),
    ('*', 'name', '{adf,customer_contact_name_full}', '', 'line', 2), ('*', 'name', '{adf,customer_contact_name}', '', 'line', 3),
    ('*', 'first_name', '{adf,customer_contact_name_first}', '', 'line', 2), ('*', 'last_name', '{adf,customer_contact_name_last}', '', 'line', 2),
    ('*', 'email', '{adf,~^customer_contact_email}', '', 'line', 2),
    ('*', 'phone', '{adf,customer_contact_phone_mobile}', '', 'line', 2), ('*', 'phone', '{adf,customer_contact_phone_voice}', '', 'line', 3), ('*', 'phone', '{adf,~^customer_contact_phone}', '', 'line', 4),
    ('*', 'street', '{adf,~^customer_contact_address_street}', '', 'line', 2), ('*', 'city', '{adf,customer_contact_address_city}', '', 'line', 2), ('*', 'state', '{adf,customer_contact_address_regioncode}', '', 'line', 2),
    ('*', 'postal_code', '{adf,customer_contact_address_postalcode}', '', 'line', 2), ('*', 'country', '{adf,customer_contact_address_country}', '', 'line', 2), ('*', 'message', '{adf,customer_comments}', '', 'message', 2),
    ('*', 'timeline', '{adf,customer_timeframe_description}', '', 'line', 2),

    -- labelled lines of mails and texts
    ('*', 'name', '{labels,name}', '', 'line', 20), ('*', 'name', '{labels,full_name}', '', 'line', 21), ('*', 'name', '{labels,~^(lead|contact|customer|client|buyer|seller|your)_name$}', '', 'line', 22), ('*', 'name', '{labels,nombre}', '', 'line', 23),
    ('*', 'first_name', '{labels,first_name}', '', 'line', 20), ('*', 'last_name', '{labels,last_name}', '', 'line', 20),
    ('*', 'email', '{labels,email}', '([^\s<>,;"()]+@[^\s<>,;"()]+\.[[:alnum:]]+)', 'line', 20), ('*', 'email', '{labels,~^e_?mail_address$|^e_mail$|^(lead|contact|your|client)_e_?mail$|^correo}', '([^\s<>,;"()]+@[^\s<>,;"()]+\.[[:alnum:]]+)', 'line', 21),
    ('*', 'phone', '{labels,phone}', '', 'line', 20), ('*', 'phone', '{labels,phone_number}', '', 'line', 21), ('*', 'phone', '{labels,~^(mobile|cell|cell_phone|mobile_phone|telephone|tel|ph|tel.+fono|(lead|contact|your|client|home|daytime|evening)_phone)$}', '', 'line', 22),
    ('*', 'message', '{labels,message}', '', 'message', 20), ('*', 'message', '{labels,~^(comments?|questions?|message.+|your_message|mensaje|comentarios?|inquiry|questions?_.*comments?)$}', '', 'message', 21),
    ('*', 'budget_min', '{labels,~^(budget|price_range|price|presupuesto)$}', '', 'low', 20), ('*', 'budget_max', '{labels,~^(budget|price_range|price|max_price|maximum_price|presupuesto)$}', '', 'high', 20),
    ('*', 'timeline', '{labels,~^(timeline|time_?frame|timing|move_in|move_in_date|moving_date|when_.*)$}', '', 'line', 20),
    ('*', 'financing', '{labels,~^(financing|pre_?approved|pre_?qualified|pre_?approval|preapproved_for_a_mortgage)$}', '', 'financing', 20),
    ('*', 'property_type', '{labels,property_type}', '', 'line', 20), ('*', 'bedrooms', '{labels,~^(bed|beds|bedrooms)$}', '([0-9]+)', 'number', 20), ('*', 'bathrooms', '{labels,~^(bath|baths|bathrooms)$}', '([0-9.]+)', 'number', 20),
    ('*', 'area', '{labels,~^(area|areas|neighborhood|location|zona)$}', '', 'line', 20), ('*', 'side', '{labels,~^(side|lead_type|i_am|i_am_a|looking_to|interest|type)$}', '', 'side', 20),
    ('*', 'listing_ref', '{labels,~^mls(_?(id|number|no))?$}', '([[:alnum:]-]+)', 'line', 20), ('*', 'listing_ref', '{labels,~^(property|property_address|listing|listing_address|property_of_interest|address_of_property)$}', '', 'line', 22),
    ('*', 'street', '{labels,~^(address|street|street_address|home_address|mailing_address)$}', '', 'line', 20), ('*', 'city', '{labels,city}', '', 'line', 20), ('*', 'state', '{labels,state}', '', 'line', 20), ('*', 'postal_code', '{labels,~^(zip|zip_code|postal_code)$}', '', 'line', 20),
    ('*', 'campaign', '{labels,~^(source|lead_source|campaign|form|form_name)$}', '', 'line', 20),

    -- free text and the mail itself, asked last
    ('*', 'received_at', '{date}', '', 'time', 60),
    ('*', 'message', '{text}', '', 'message', 60),
    ('*', 'phone', '{text}', '((?:\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]{1,2}[0-9]{3}[-. ][0-9]{4})', 'line', 60),
    ('email', 'name', '{from,name}', '', 'line', 40), ('email', 'email', '{reply_to,address}', '', 'line', 40), ('email', 'email', '{from,address}', '', 'line', 41),
    ('email', 'campaign', '{subject}', '(?i)(open house[^,.!]*)', 'line', 50),
    ('*', 'email', '{text}', '([[:alnum:]._%+-]+@[[:alnum:].-]+\.[[:alpha:]]{2,})', 'line', 60),

    -- GoHighLevel: contacts of events, workflows and the API; what a workflow's author adds comes flattened
    ('ghl', 'received_at', '{dateAdded}', '', 'time', 5), ('ghl', 'received_at', '{date_created}', '', 'time', 6),
    ('ghl', 'source_ref', '{contact_id}', '', 'text', 5), ('ghl', 'source_ref', '{contactId}', '', 'text', 6), ('ghl', 'source_ref', '{id}', '', 'text', 7),
    ('ghl', 'campaign', '{campaign}', '', 'text', 5), ('ghl', 'campaign', '{workflow,name}', '', 'line', 6), ('ghl', 'campaign', '{attributionSource,campaign}', '', 'line', 7), ('ghl', 'campaign', '{source}', '', 'line', 8), ('ghl', 'campaign', '{contact_source}', '', 'line', 9),
    ('ghl', 'email', '{emailLowerCase}', '', 'line', 20), ('ghl', 'phone', '{phoneRaw}', '', 'line', 20), ('ghl', 'name', '{contactName}', '', 'line', 20), ('ghl', 'street', '{full_address}', '', 'line', 30),
    ('ghl', 'budget_min', '{custom,~budget|price.?range}', '', 'low', 20), ('ghl', 'budget_max', '{custom,~budget|price.?range}', '', 'high', 20), ('ghl', 'timeline', '{custom,~time.?(line|frame)|when}', '', 'words', 20),
    ('ghl', 'financing', '{custom,~pre.?(approved|qualified)|financing}', '', 'financing', 20), ('ghl', 'message', '{custom,~message|comment}', '', 'message', 20), ('ghl', 'area', '{custom,~^area|neighbou?rhood}', '', 'words', 20),

    -- Facebook and Instagram: answers by the question's slug
    ('facebook', 'source_ref', '{id}', '', 'text', 5), ('facebook', 'source_ref', '{leadgen_id}', '', 'text', 6), ('facebook', 'received_at', '{created_time}', '', 'time', 5),
    ('facebook', 'campaign', '{campaign_name}', '', 'line', 5), ('facebook', 'campaign', '{campaign_id}', '', 'line', 6), ('facebook', 'campaign', '{ad_name}', '', 'line', 7), ('facebook', 'campaign', '{ad_id}', '', 'line', 8), ('facebook', 'campaign', '{form_id}', '', 'line', 9),
    ('facebook', 'name', '{answers,full_name}', '', 'line', 5), ('facebook', 'name', '{answers,~^(name|your_name|nombre(_completo)?)}', '', 'line', 6), ('facebook', 'first_name', '{answers,first_name}', '', 'line', 5), ('facebook', 'last_name', '{answers,last_name}', '', 'line', 5),
    ('facebook', 'email', '{answers,email}', '', 'line', 5), ('facebook', 'email', '{answers,~e-?mail|correo}', '', 'line', 6), ('facebook', 'phone', '{answers,phone_number}', '', 'line', 5), ('facebook', 'phone', '{answers,~phone|mobile|tel[eé]fono}', '', 'line', 6),
    ('facebook', 'street', '{answers,street_address}', '', 'line', 5), ('facebook', 'city', '{answers,city}', '', 'line', 5), ('facebook', 'state', '{answers,~^(state|province)$}', '', 'line', 5), ('facebook', 'postal_code', '{answers,~^(zip_code|post_code|postal_code|zip)$}', '', 'line', 5), ('facebook', 'country', '{answers,country}', '', 'line', 5),
    ('facebook', 'budget_min', '{answers,~budget|price|presupuesto}', '', 'low', 5), ('facebook', 'budget_max', '{answers,~budget|price|presupuesto}', '', 'high', 5), ('facebook', 'timeline', '{answers,~when|time.?line|time.?frame|how_soon|cu[aá]ndo}', '', 'words', 5),
    ('facebook', 'financing', '{answers,~pre.?(approved|qualified|approval)|financ|cash|hipoteca}', '', 'financing', 5), ('facebook', 'area', '{answers,~area|neighbou?rhood|where|zona}', '', 'words', 5), ('facebook', 'property_type', '{answers,~property_type|type_of_(home|property)}', '', 'words', 5),
    ('facebook', 'bedrooms', '{answers,~bed(s|room)}', '([0-9]+)', 'number', 5), ('facebook', 'side', '{answers,~buy|sell|looking_to}', '', 'side', 5), ('facebook', 'message', '{answers,message}', '', 'message', 5), ('facebook', 'message', '{questions}', '', 'message', 6),

    -- Zillow: rentals form, partner JSON, mail
    ('zillow', 'message', '{introduction}', '', 'message', 15), ('zillow', 'timeline', '{movingDate}', '', 'line', 10), ('zillow', 'timeline', '{moveInTimeframe}', '', 'line', 11),
    ('zillow', 'bedrooms', '{numBedroomsSought}', '', 'number', 10), ('zillow', 'bathrooms', '{numBathroomsSought}', '', 'number', 10), ('zillow', 'listing_ref', '{listing,id}', '', 'line', 13), ('zillow', 'listing_ref', '{listing,zpid}', '', 'line', 14), ('zillow', 'area', '{listingCity}', '', 'line', 20),
    ('zillow', 'first_name', '{sender,firstName}', '', 'line', 5), ('zillow', 'last_name', '{sender,lastName}', '', 'line', 5), ('zillow', 'email', '{sender,emailAddress}', '', 'line', 5), ('zillow', 'phone', '{sender,phoneNumber}', '', 'line', 5), ('zillow', 'name', '{contact,name}', '', 'line', 5),
    ('zillow', 'message', '{details,message}', '', 'message', 15), ('zillow', 'name', '{subject}', '^(.+?) (?:is|has) (?:requesting|requested|interested|inquir)', 'line', 30), ('zillow', 'name', '{from,name}', '^(.+?)(?: via Zillow.*)?$', 'line', 31),
    ('zillow', 'message', '{text}', 'says:\s*?(.+?)(?=\n\s*(?:Move.in|Credit score|Income|Pets|Phone|Email|Reply|View|Lease)|\n\s*\n|$)', 'message', 30),
    ('zillow', 'listing_ref', '{subject}', '(?:information about|interested in|inquir[a-z]* about|a tour of) (.+)$', 'line', 30), ('zillow', 'email', '{from,address}', '', 'line', 90), ('zillow', 'campaign', '{origin}', '', 'line', 20),

    -- Realtor.com: mail and JSON
    ('realtor_com', 'first_name', '{Lead,lead_info,lead_consumer_info,first_name}', '', 'line', 5), ('realtor_com', 'last_name', '{Lead,lead_info,lead_consumer_info,last_name}', '', 'line', 5), ('realtor_com', 'email', '{Lead,lead_info,lead_consumer_info,email}', '', 'line', 5),
    ('realtor_com', 'phone', '{Lead,lead_info,lead_consumer_info,phone}', '', 'line', 5), ('realtor_com', 'message', '{Lead,lead_info,lead_message}', '', 'message', 5), ('realtor_com', 'message', '{Lead,lead_info,lead_consumer_info,message}', '', 'message', 6), ('realtor_com', 'source_ref', '{Lead,lead_id}', '', 'line', 5),
    ('realtor_com', 'source_ref', '{Lead,lead_info,lead_id}', '', 'line', 6), ('realtor_com', 'area', '{Lead,lead_property_info,property_city}', '', 'line', 5), ('realtor_com', 'listing_ref', '{Lead,lead_property_info,property_mls_id}', '', 'line', 5), ('realtor_com', 'listing_ref', '{Lead,lead_property_info,property_street_address}', '', 'line', 6),
    ('realtor_com', 'area', '{property,city}', '', 'line', 20), ('realtor_com', 'listing_ref', '{property,mls_id}', '', 'line', 20), ('realtor_com', 'listing_ref', '{property,address}', '', 'line', 21), ('realtor_com', 'property_type', '{property,property_type}', '', 'words', 20),
    ('realtor_com', 'bedrooms', '{search_criteria,beds}', '', 'number', 20), ('realtor_com', 'budget_min', '{search_criteria,price_min}', '', 'number', 20), ('realtor_com', 'budget_max', '{search_criteria,price_max}', '', 'number', 20), ('realtor_com', 'area', '{search_criteria,location}', '', 'line', 19),
    ('realtor_com', 'budget_min', '{finance_info,budget_min}', '', 'number', 5), ('realtor_com', 'budget_max', '{finance_info,budget_max}', '', 'number', 5), ('realtor_com', 'financing', '{finance_info,financing_type}', '', 'words', 5), ('realtor_com', 'financing', '{finance_info,pre_approved}', '', 'financing', 6),
    ('realtor_com', 'name', '{subject}', '(?i)new realtor\.com lead\s*[-–:]\s*(.+)$', 'line', 30), ('realtor_com', 'name', '{subject}', '(?i)new inquiry:\s*([^0-9+(@]{1,80}?)\s*(?:[0-9+(]|[^\s@]+@|$)', 'line', 31),
    ('realtor_com', 'phone', '{subject}', '(?i)new inquiry:.*?((?:\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]?[0-9]{3}[-. ]?[0-9]{4})', 'line', 31), ('realtor_com', 'email', '{subject}', '([[:alnum:]._%+-]+@[[:alnum:].-]+\.[[:alpha:]]{2,})', 'line', 31),
    ('realtor_com', 'listing_ref', '{text}', '(?i)MLS\s*(?:ID|#)*\s*[#:]?\s*#?\s*([[:alnum:]-]*[0-9][[:alnum:]-]*)', 'line', 15), ('realtor_com', 'area', '{labels,property_address}', ',\s*([^,0-9]+?),?\s+[A-Z]{2}\s+[0-9]{5}', 'line', 30)
  ) AS m(source, field, path, pattern, transform, rank)
-- an owner's row of "*" at the same place stands
ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS jorge.mail_sender (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    sender      text NOT NULL,
    source      text,
    reason      text,
    PRIMARY KEY (location_id, sender)
);
COMMENT ON TABLE jorge.mail_sender IS 'Whose mails are whose leads: a portal''s mail is a lead of that portal. The longest sender that fits wins, the tenant''s own before those of "*".';
COMMENT ON COLUMN jorge.mail_sender.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.mail_sender.sender IS 'Address, or domain with its subdomains, or a name before the @ (without a dot, as mailer-daemon), lower case.';
COMMENT ON COLUMN jorge.mail_sender.source IS 'Source of its leads; NULL: its mails carry none and are ignored.';
COMMENT ON COLUMN jorge.mail_sender.reason IS 'Why they are ignored.';
INSERT INTO jorge.mail_sender (location_id, sender, source, reason) VALUES
    ('*', 'convo.zillow.com', 'zillow', NULL), ('*', 'zillow.com', 'zillow', NULL), ('*', 'mail.zillow.com', NULL, 'Zillow''s saved-search mail'), ('*', 'trulia.com', 'zillow', NULL),
    ('*', 'email.realtor.com', 'realtor_com', NULL), ('*', 'leads.realtor.com', 'realtor_com', NULL), ('*', 'realtorpro.io', 'realtor_com', NULL), ('*', 'e.mail.realtor.com', NULL, 'Realtor.com''s advertising'),
    ('*', 'homes.com', 'homes_com', NULL), ('*', 'streeteasy.com', 'streeteasy', NULL), ('*', 'mailer-daemon', NULL, 'a bounce')
ON CONFLICT DO NOTHING;
