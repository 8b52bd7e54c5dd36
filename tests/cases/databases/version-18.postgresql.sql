-- The tables of revision 0018, as the program wrote them at 9107085: coded answers, one entry delivered, an amendment.
CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
CREATE TABLE public.act (
    sequence integer NOT NULL,
    lead character varying NOT NULL,
    patient character varying NOT NULL,
    as_of character varying NOT NULL,
    accepted character varying NOT NULL,
    impression character varying,
    previous character varying,
    rules character varying NOT NULL,
    uses text NOT NULL,
    brings text NOT NULL,
    birth_date character varying
);
CREATE SEQUENCE public.act_sequence_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.act_sequence_seq OWNED BY public.act.sequence;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.audit (
    sequence integer NOT NULL,
    body text NOT NULL,
    previous character varying NOT NULL,
    hash character varying NOT NULL
);
CREATE TABLE public.change_search (
    source character varying NOT NULL,
    since character varying,
    due character varying NOT NULL
);
CREATE TABLE public.coded_answers (
    response character varying NOT NULL,
    form character varying NOT NULL,
    edition character varying NOT NULL,
    questions character varying NOT NULL,
    answers text NOT NULL,
    numbers text NOT NULL,
    is_test boolean NOT NULL
);
CREATE TABLE public.coded_questions (
    digest character varying NOT NULL,
    questions text NOT NULL
);
CREATE TABLE public.content (
    id integer NOT NULL,
    act integer NOT NULL,
    frame bytea NOT NULL
);
CREATE SEQUENCE public.content_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.content_id_seq OWNED BY public.content.id;
CREATE TABLE public.delivered (
    act integer NOT NULL,
    versions text NOT NULL
);
CREATE TABLE public.fetched (
    id character varying NOT NULL,
    source character varying NOT NULL,
    version character varying,
    updated character varying,
    outcome character varying NOT NULL,
    is_origin boolean NOT NULL
);
CREATE TABLE public.form_link (
    id character varying NOT NULL,
    digest character varying NOT NULL,
    patient character varying NOT NULL,
    session text NOT NULL,
    made_by character varying NOT NULL,
    made character varying NOT NULL,
    until character varying NOT NULL,
    birth_date character varying,
    wrong_dates integer NOT NULL,
    used character varying,
    revoked character varying,
    task character varying
);
CREATE TABLE public.form_session (
    key character varying NOT NULL,
    visit character varying NOT NULL,
    until character varying NOT NULL
);
CREATE TABLE public.form_task (
    task character varying NOT NULL,
    patient character varying NOT NULL,
    link character varying NOT NULL,
    act integer,
    source character varying NOT NULL,
    status character varying NOT NULL,
    attempts integer NOT NULL,
    due character varying
);
CREATE TABLE public.form_visit (
    id character varying NOT NULL,
    patient character varying NOT NULL,
    link character varying,
    session text NOT NULL,
    responses text NOT NULL,
    draft text NOT NULL,
    opened character varying NOT NULL,
    version integer NOT NULL,
    is_stored boolean NOT NULL,
    sent character varying
);
CREATE TABLE public.identity (
    system character varying NOT NULL,
    value character varying NOT NULL,
    response character varying NOT NULL
);
CREATE TABLE public.missed (
    id integer NOT NULL,
    subscription character varying NOT NULL,
    first integer NOT NULL,
    last integer NOT NULL,
    due character varying NOT NULL
);
CREATE SEQUENCE public.missed_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.missed_id_seq OWNED BY public.missed.id;
CREATE TABLE public.notice (
    id character varying NOT NULL,
    times integer NOT NULL,
    attempts integer NOT NULL,
    first character varying NOT NULL,
    due character varying NOT NULL
);
CREATE TABLE public.outbox (
    id integer NOT NULL,
    act integer NOT NULL,
    patient character varying NOT NULL,
    state character varying NOT NULL,
    attempts integer NOT NULL,
    failures integer NOT NULL,
    created character varying NOT NULL,
    due character varying NOT NULL,
    lease character varying,
    owner character varying,
    settled character varying,
    reason text,
    degraded text,
    sends text NOT NULL,
    changed text,
    urgency character varying
);
CREATE SEQUENCE public.outbox_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_id_seq OWNED BY public.outbox.id;
CREATE TABLE public.page_key (
    "row" integer NOT NULL,
    key bytea NOT NULL
);
CREATE SEQUENCE public.page_key_row_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.page_key_row_seq OWNED BY public.page_key."row";
CREATE TABLE public.patient (
    number integer NOT NULL,
    reference character varying NOT NULL,
    revision integer NOT NULL
);
CREATE SEQUENCE public.patient_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.patient_number_seq OWNED BY public.patient.number;
CREATE TABLE public.posted_search (
    name character varying NOT NULL,
    type character varying NOT NULL,
    parameters text NOT NULL,
    until character varying NOT NULL
);
CREATE TABLE public.received (
    id character varying NOT NULL,
    version integer NOT NULL,
    at character varying NOT NULL,
    body bytea NOT NULL,
    digest character varying NOT NULL
);
CREATE TABLE public.refused (
    id integer NOT NULL,
    at character varying NOT NULL,
    status integer NOT NULL,
    request character varying NOT NULL,
    subject character varying,
    faults text NOT NULL,
    fault_count integer NOT NULL,
    answers text NOT NULL,
    has_sign boolean NOT NULL
);
CREATE SEQUENCE public.refused_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.refused_id_seq OWNED BY public.refused.id;
CREATE TABLE public.request_count (
    key character varying NOT NULL,
    count integer NOT NULL,
    until character varying NOT NULL
);
CREATE TABLE public.resource (
    type smallint NOT NULL,
    id character varying NOT NULL,
    version integer NOT NULL,
    act integer NOT NULL,
    "position" integer NOT NULL,
    current boolean NOT NULL,
    stored bigint NOT NULL,
    effective bigint NOT NULL,
    ends bigint,
    patient integer,
    tokens integer,
    within text,
    content integer NOT NULL,
    line integer NOT NULL
);
CREATE TABLE public.response (
    id character varying NOT NULL,
    patient character varying NOT NULL,
    instrument character varying NOT NULL,
    authored character varying NOT NULL,
    status character varying NOT NULL,
    version integer NOT NULL,
    first character varying NOT NULL,
    is_test boolean NOT NULL
);
CREATE TABLE public.schema_version (
    version integer NOT NULL
);
CREATE SEQUENCE public.schema_version_version_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schema_version_version_seq OWNED BY public.schema_version.version;
CREATE TABLE public.search (
    "row" integer NOT NULL,
    type smallint NOT NULL,
    id character varying NOT NULL,
    parameter character varying NOT NULL,
    system character varying,
    value character varying,
    low character varying,
    high character varying
);
CREATE SEQUENCE public.search_row_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.search_row_seq OWNED BY public.search."row";
CREATE TABLE public.secured (
    "row" integer NOT NULL,
    since character varying NOT NULL
);
CREATE SEQUENCE public.secured_row_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.secured_row_seq OWNED BY public.secured."row";
CREATE TABLE public.subscription (
    reference character varying NOT NULL,
    last integer NOT NULL
);
CREATE TABLE public.task (
    id character varying NOT NULL,
    act integer NOT NULL,
    patient character varying NOT NULL,
    root character varying,
    urgency character varying,
    written character varying NOT NULL,
    since character varying NOT NULL,
    ends character varying,
    status character varying NOT NULL,
    taken character varying,
    steps integer NOT NULL,
    escalated integer NOT NULL,
    due character varying
);
CREATE TABLE public.token (
    set integer NOT NULL,
    parameter character varying NOT NULL,
    system character varying NOT NULL,
    value character varying NOT NULL,
    type smallint NOT NULL
);
CREATE TABLE public.token_set (
    number integer NOT NULL,
    digest character varying NOT NULL
);
CREATE SEQUENCE public.token_set_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.token_set_number_seq OWNED BY public.token_set.number;
ALTER TABLE ONLY public.act ALTER COLUMN sequence SET DEFAULT nextval('public.act_sequence_seq'::regclass);
ALTER TABLE ONLY public.content ALTER COLUMN id SET DEFAULT nextval('public.content_id_seq'::regclass);
ALTER TABLE ONLY public.missed ALTER COLUMN id SET DEFAULT nextval('public.missed_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN id SET DEFAULT nextval('public.outbox_id_seq'::regclass);
ALTER TABLE ONLY public.page_key ALTER COLUMN "row" SET DEFAULT nextval('public.page_key_row_seq'::regclass);
ALTER TABLE ONLY public.patient ALTER COLUMN number SET DEFAULT nextval('public.patient_number_seq'::regclass);
ALTER TABLE ONLY public.refused ALTER COLUMN id SET DEFAULT nextval('public.refused_id_seq'::regclass);
ALTER TABLE ONLY public.schema_version ALTER COLUMN version SET DEFAULT nextval('public.schema_version_version_seq'::regclass);
ALTER TABLE ONLY public.search ALTER COLUMN "row" SET DEFAULT nextval('public.search_row_seq'::regclass);
ALTER TABLE ONLY public.secured ALTER COLUMN "row" SET DEFAULT nextval('public.secured_row_seq'::regclass);
ALTER TABLE ONLY public.token_set ALTER COLUMN number SET DEFAULT nextval('public.token_set_number_seq'::regclass);
INSERT INTO public.act VALUES (1, 'r-1', 'Patient/p-1', '2026-11-21T09:00:00.000Z', '2026-11-21T12:00:00.000Z', 'i-88c763cc-515f-5868-ac12-de71f8e6a729', NULL, 'https://w3id.org/sural/PlanDefinition/screening|2.0.0', '["r-1"]', '["r-1"]', NULL);
INSERT INTO public.act VALUES (3, 'r-3', 'Patient/p-2', '2026-11-21T09:00:00.000Z', '2026-11-21T12:02:00.000Z', 'i-0c9f821b-02ea-589e-948d-f2b7c28b3fb8', NULL, 'https://w3id.org/sural/PlanDefinition/screening|2.0.0', '["r-3"]', '["r-3"]', NULL);
INSERT INTO public.act VALUES (4, 'r-4', 'Patient/p-3', '2026-11-21T09:00:00.000Z', '2026-11-21T12:03:00.000Z', 'i-770b24b9-841e-511b-b26a-1079506eb78b', NULL, 'https://w3id.org/sural/PlanDefinition/screening|2.0.0', '["r-4"]', '["r-4"]', NULL);
INSERT INTO public.act VALUES (2, 'r-2', 'Patient/p-1', '2026-11-21T09:00:00.000Z', '2026-11-21T12:01:00.000Z', 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 'i-88c763cc-515f-5868-ac12-de71f8e6a729', 'https://w3id.org/sural/PlanDefinition/screening|2.0.0', '["r-1","r-2"]', '["r-2"]', NULL);
INSERT INTO public.alembic_version VALUES ('0018');
INSERT INTO public.coded_answers VALUES ('r-1', 'https://w3id.org/sural/Questionnaire/phq-9|1.0.0', 'https://w3id.org/sural/Questionnaire/phq-9', 'f7196a5a4fce8297484340830455c7d4098d7c79716b66bdf311e78e45e13af5', '[65,65,65,65,9,9,9,9,9,1,1,0]', '{}', false);
INSERT INTO public.coded_answers VALUES ('r-3', 'https://w3id.org/sural/Questionnaire/leg-pain|1.1.0', 'https://w3id.org/sural/Questionnaire/leg-pain', '9d35532670338a97aa940b7ea39e1664b97824cd5ef7a91f8ccbc4dbfa45143f', '[9,131073,65,9,10241,1,9,1,17,1,4097,257,65,2049,0,65,4097,17,65537,0,2049,129,129,0,513,65,33,0,129,9]', '{}', false);
INSERT INTO public.coded_answers VALUES ('r-4', 'https://w3id.org/sural/Questionnaire/gad-7|1.0.0', 'https://w3id.org/sural/Questionnaire/gad-7', 'c001f3bcd82019fd1c43c5e03d041b941c8cef131c197b1b6788150eb11e5f9b', '[17,17,17,17,17,17,17,1]', '{}', true);
INSERT INTO public.coded_answers VALUES ('r-2', 'https://w3id.org/sural/Questionnaire/gad-7|1.0.0', 'https://w3id.org/sural/Questionnaire/gad-7', 'c001f3bcd82019fd1c43c5e03d041b941c8cef131c197b1b6788150eb11e5f9b', '[65,65,65,65,65,65,65,1]', '{}', false);
INSERT INTO public.coded_questions VALUES ('f7196a5a4fce8297484340830455c7d4098d7c79716b66bdf311e78e45e13af5', '{"/44250-9":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44255-8":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44259-0":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44254-1":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44251-7":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44258-2":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44252-5":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44253-3":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44260-8":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/44261-6":[],"/69722-7":["LA6572-7","LA6573-5","LA6575-0","LA6574-3"],"safe-now":["safe-now.yes","safe-now.no","safe-now.unsure"]}');
INSERT INTO public.coded_questions VALUES ('c001f3bcd82019fd1c43c5e03d041b941c8cef131c197b1b6788150eb11e5f9b', '{"/69725-0":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/68509-9":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/69733-4":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/69734-2":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/69735-9":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/69689-8":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/69736-7":["LA6568-5","LA6569-3","LA6570-1","LA6571-9"],"/70274-6":[]}');
INSERT INTO public.coded_questions VALUES ('9d35532670338a97aa940b7ea39e1664b97824cd5ef7a91f8ccbc4dbfa45143f', '{"lp-any":["lp-any.yes","lp-any.no","lp-any.unsure"],"lp-alarm":["lp-alarm.bladder-bowel","lp-alarm.saddle-numb","lp-alarm.sudden-weak","lp-alarm.weak-walk","lp-alarm.fast-spread","lp-alarm.no-weight","lp-alarm.leg-swelling","lp-alarm.both-swelling","lp-alarm.red-skin","lp-alarm.foot-sore","lp-alarm.cold-foot","lp-alarm.chest-breath","lp-alarm.fever","lp-alarm.very-ill","lp-alarm.none"],"lp-side":["lp-side.right","lp-side.left","lp-side.both-equal","lp-side.both-unequal","lp-side.changes"],"lp-start":["lp-start.low-back","lp-start.buttock","lp-start.thigh","lp-start.joint","lp-start.lower-leg","lp-start.feet-toes","lp-start.unsure"],"lp-where":["lp-where.low-back","lp-where.buttock","lp-where.hip-joint","lp-where.thigh-front","lp-where.thigh-outer","lp-where.thigh-back","lp-where.knee-joint","lp-where.shin-outer","lp-where.calf","lp-where.ankle-joint","lp-where.foot","lp-where.toes","lp-where.groin","lp-where.other"],"lp-spread":["lp-spread.one-spot","lp-spread.from-back-down","lp-spread.from-buttock-down","lp-spread.from-feet-up","lp-spread.no-pattern"],"lp-feel":["lp-feel.burning","lp-feel.shooting","lp-feel.electric","lp-feel.stabbing","lp-feel.tingling","lp-feel.numbness","lp-feel.cold","lp-feel.dull-ache","lp-feel.cramp","lp-feel.throbbing","lp-feel.none"],"lp-duration":["lp-duration.lt-1w","lp-duration.1-3w","lp-duration.3w-3m","lp-duration.gt-3m","lp-duration.unsure"],"lp-onset":["lp-onset.sudden","lp-onset.gradual","lp-onset.unsure"],"lp-course":["lp-course.improving","lp-course.steady","lp-course.comes-goes","lp-course.slow-worse","lp-course.fast-worse"],"lp-worse":["lp-worse.bending","lp-worse.sitting","lp-worse.cough-sneeze","lp-worse.standing","lp-worse.walking","lp-worse.running","lp-worse.any-movement","lp-worse.rest","lp-worse.night","lp-worse.none"],"lp-better":["lp-better.sitting","lp-better.bending-forward","lp-better.rest","lp-better.moving","lp-better.hang-down","lp-better.none"],"lp-touch":["lp-touch.light-touch","lp-touch.small-bump","lp-touch.hot-cold","lp-touch.none"],"lp-muscle":["lp-muscle.weak","lp-muscle.foot-drop","lp-muscle.trips","lp-muscle.clumsy","lp-muscle.twitching","lp-muscle.cramps","lp-muscle.thin","lp-muscle.tight","lp-muscle.none"],"lp-weak-start":["lp-weak-start.sudden","lp-weak-start.gradual","lp-weak-start.unsure"],"lp-urge":["lp-urge.at-rest","lp-urge.eased","lp-urge.night","lp-urge.none"],"lp-signs":["lp-signs.swollen-joint","lp-signs.stiff-joint","lp-signs.stiff-back","lp-signs.spot-swelling","lp-signs.tender-spot","lp-signs.warm-skin","lp-signs.blister-rash","lp-signs.dark-urine","lp-signs.weight-loss","lp-signs.none"],"lp-hands":["lp-hands.yes","lp-hands.no","lp-hands.unsure"],"lp-illness":["lp-illness.diabetes","lp-illness.chemo","lp-illness.low-b12","lp-illness.low-magnesium","lp-illness.low-iron","lp-illness.ra-lupus","lp-illness.shingles","lp-illness.skin-infection","lp-illness.tumour","lp-illness.cancer","lp-illness.poor-circulation","lp-illness.clot","lp-illness.irregular-heart","lp-illness.none"],"lp-sugar":["lp-sugar.yes","lp-sugar.no","lp-sugar.unsure"],"lp-bones":["lp-bones.slipped-disc","lp-bones.spine-arthritis","lp-bones.narrow-spine","lp-bones.slipped-vertebra","lp-bones.arthritis-gout","lp-bones.weak-bones","lp-bones.tendon-bursa","lp-bones.fibromyalgia","lp-bones.none"],"lp-medicine":["lp-medicine.blood-thinner","lp-medicine.hormone","lp-medicine.statin","lp-medicine.immune","lp-medicine.none"],"lp-injury":["lp-injury.blow-fall","lp-injury.overuse","lp-injury.bed-surgery","lp-injury.pregnant","lp-injury.none"],"lp-pregnancy":["lp-pregnancy.headache","lp-pregnancy.vision","lp-pregnancy.upper-belly","lp-pregnancy.face-hands","lp-pregnancy.none"],"lp-habits":["lp-habits.long-sitting","lp-habits.long-standing","lp-habits.alcohol","lp-habits.caffeine","lp-habits.posture","lp-habits.weight","lp-habits.none"],"lp-painkillers":["lp-painkillers.yes","lp-painkillers.a-little","lp-painkillers.no","lp-painkillers.not-tried"],"lp-stress":["lp-stress.often","lp-stress.sometimes","lp-stress.no","lp-stress.unsure"],"lp-calm":["lp-calm.often","lp-calm.sometimes","lp-calm.no"],"lp-mood-order":["lp-mood-order.pain-first","lp-mood-order.mood-first","lp-mood-order.together","lp-mood-order.unsure","lp-mood-order.na"],"lp-impact":["lp-impact.none","lp-impact.some","lp-impact.a-lot"]}');
INSERT INTO public.content VALUES (1, 1, '\x28b52ffd66419c3852351c00335a3a49244912c8a9e0584f51625dcbe337cc5dbb2f69657b19de4b3c3c390e8f1bc5eb8e4a8687dcd8f0da42690e62565cdac9f0b2eda045dbbf7465e5d4a53db991a6ad4a6fcd67ad958f955b8b0afb297fd03be22a5b992c97aba3527229da74568fb136e85632d56aee3bbe45ff3ca31935be10bbc2776592939ae9c2f666b5a5720cdf9b55e8f1599d765b776b8daaa6255df70d17fdf46950daaabeadc7b7558aba6eb4b2977a2c4b8d5d596de86bece83a7365b36041ce994e5b223686dc9ce59a4e4aa49a7911b2b2c6242a43d3fe79b91879ff3a74decc79db2a6acdd5a89dee9f740524113b2e80dafcdcd42e7779ba37e1ac22c9f2305ad57eb464039fa33669241f884bafdff202bacb2c1a70be2fbea12b90cd4a3afb7315e60e125fe28f5edf6f1c1b3a64e71685fbd5629956f7ac644c98eab84b38c6a8cc171872030d6438f6966a095cc2eafb13c2efd350c3845b002b40e97c41157e1c7f713fd36240769aaa20b4a913acc11b156c38a910ea6c464e7295f4352017a19a801897bbd9128586b8466122fddfc51acb2a01cd0f1d3c9345dbcc4348bff06a240520ca4637b4db24b59b8c247b40f95c973d3b45e5319850ad7b01ecb7f993d76c67274adef51079cc3495e85c3c44de2f0c038d12864f9017825fd4a573a0a01540eeee3deaa0be3d1564464760f49a5343fa41859694dd6b96f55078da327453067443bc9324c080f3c8687ced12350c7e97995bc9ad13a383f9d696518625b00ca8b42486fb5542e462fcab3f769eb63be3f3cb2c44e07a0a93c556b8c1e92f48649fbdc5168b0dd82895b2af3cbad2c7b117599adc7687418aac54e0a32878e3e94fa1fd7eb22d9e5fd8789729580cec5a0485974dff493f753b32619c5c5354ed23016c8623105a35fd6b3d1a9ed1ec7b5fa5c74d02ca8011fc90a37e3baa07f7b6f9d2cef6399c733c9bd7a6c8f828aec3369ffd9063a334f943d579d026e0e4a9be6fc9389cd9dd9f430cf542fd81f1f01dbd091470dde2803ce119e1085403d47d213c97d95f08bc3d82aec8750de05ccaf9d0d51b4beb7faa7c485697b9d6b2eb05ff755f60f825393e955be853aa7439f731871248712f8ff68f536b38bcd0d7e75e88d86e3171c01d22a58bc5134539a4d771b9cdce2f2afa610bcdfe9d1a2f219d00c3eeacfdf07c4336768e22a56cfc8a2ec56cec286595b3f1b5ecc8d38fcba4a62d2a7a062220caa130a367dbdef326e9480ea559378362eaec5cc2900f498936');
INSERT INTO public.content VALUES (2, 2, '\x28b52ffd66419cc540b51a00e3d93a49244912c8a90015fbc957c91484eccbbd29346bcc26d9513527a9958797bab42737d2b455e9adf9acb5f2b1726b51612f7fd03be22a5b992c97aba3524af171c5079e1cf7c671a378dd51c9f0901b1b5e5b28cd41cc7aabd4315c92e5396e8dbee669d59e53d937b9ceda83c570b175cadb155f3b58ca39b4daa51c45baeaac53693309ad25c48979e7541da954b494a5416d9dbb451d757ed6a4c5e7b79139ba5bab4f63a3d0bd68b3395495d29b3ebb1d526bd9f976d8a0578bb4944ef6f4266d297eeb826b0a1fed8bba9a634fbd8a494d37346896ff204aa13f84bec8b6cc31beefa3cc524062070680c4fcacbdcd3122550948366a5cb4a5ea426215ec459384d7b47e413996cf36041f0c8b19c93cdf15308bf64e4d285e8a6dd9a7090e5f04aa9768f610fbafe9fbfe3fb0fd30b7c0afdd2545f61e263d8a62071bcdd032272a489aea41a366f6009a00c535c872d28461b6b5344b70e787ee7dadfe876f04132abb2a3c8ced05d533f03e0dbbde6240d61b54119ba8c7e7bd361abf37b27f58ed6c6a122561df932445425238893716b7db72a70782696f2349ccc3cfed6bfc2d18f426be5ba83dec8f7c85d0c1d70190d9e46f9dbd939e0d3998baa3631f6abda92a3ef371fb5c568ca2fa2e23d29495857c686f05267232aa564e449e418ed8151b90d427681d4e12bcd905429c38a8a46897e27fac8dc4f91390625c9c4ddad0e97eae16e94ddec0631187e4884a62cab5c21fb835c4c726c0e016628b0a312c6604eec437d8e358f63ccae00e1a2411c3aafe7f62b82799ef198d8bb5c9c30c8ed7dbddbcfca6a05c51b2715734ed858f16af60b3e822058e69c67a746beff162d4600fd6db53a12408019441668f2cf67d55b9f1270604a0a3fe67833a850d7e8314f695111b34b856a0e016986f4408a078d59eddc4f0850999c95e2dcf8923411ece130cb9376cfe102534629c095a6669a91a0e18f8962d02891e4786abfa8d3f1ed98f1206bd883ade7b4cb40fb98a025ef581c0958ccf3db1fa03b5b5e6357b66d1e64219b89f9efdaac025751ffdd36584dffb1c9a30c37180d098c48a26c76203092e183f7f6466931372b99b5c898d261ddfb33bd3e80a0f53d977a4198a4065d277068e369c7dd677b4285747b68e232f3b7a865ce7edd5c8b3da368164cdba998aa8b3737d5f024d92904c');
INSERT INTO public.content VALUES (3, 3, '\x28b52ffd66419c7994fd330033737249244912c8a92033715a7d2537155bacd8dca43705a17ce30d48293eb0f8c093e3f8573e233a8fcb126b9b6a5e7385c5fe9057a3fbfdd6ff7636e5591069eaf4fdb367ecd8dfbcdc9aeb29438585cb497e90112f6cb55ba70df5d7fcb793d1aca494f2ba54929d556b8ad7daaaebe6cc921c3d3aed86a6ac1954d454e995670c2e83503299ec78b375f3daa74433fea6551d4d8fe7d466da1a5e634463657d2ab74a46cba3bf51ea98ab6ddb92d61e730df3f8712e057927b4944a43e7bce56165ca0b13f91c97d3454cebacdcb5dde55afa836ca9b34aa1de3d9ec7286563487d5b29676df9dc56fe41493fa1c2aeb09b8f713a6caa7c4a85caa05c8c14eddadfb494b7b59b6712626da5e68a31ca5cbf0d1db4ecd51e9325217293accad556631beae64108a1425fc94ba172f0edd0d792526cc615f352aecba0f3525790a9476b4ae5b2cb77664644a5b3f479631ae99ae6b9a182be8b5aeaf6282f5dce59f2775be7d7d0639fb5745519cd3a2a5f2aedb673afa374bd7f1b652bef0d1dadb53ab4b5661d464575d179b5a81213ada5938aa974e89c62b6d1c194dedf76774dff24f467f16cd935d7b796a7be70cf4a6f39e5590a264fa98ddc4e5abb2b677d9f4bb50292373b028186fc8eaf7e4483dfd170dc2e966659347bde65be28b255f66a7c0df401c30965146ff8fcd0f79051a56ca53a66848b37dcdc70419572ea1e64614fa5ecaaa178293bf411e9d2304713e64dd42389ab6d9a236ecc0b5b57d450af3c556d92c7393449e75b80c54f242215967f1d7677dd0cf13496d1e7c5adfd8edc65817ee494b9c8b15b7eac9baa63b0312bde425a9af8a644309da31f47831c8996e20200a18b790167880b418913881aa4c8ab6210d8bf07a45ab4089af52258a579ef00a9880080e24a5c55c4a7e48c73b408e55f1823b97fefe039617e5e8fecc383729c05ca399f5eee988eb02c9c7bc3e5f5004e036eb0f94d611ff4419b4826cea548f3b0aa29626776d154fc3397de92b3a67c0fca596202b9e2a1793eeb5bf8c9528411e2ef0ff3313158585e29d68f41c400e523294cd5878087e3bd21739794fd307a30826b1966d072e96738df6ff16ecb810da32d2ba930f3cc145719328363cc8085549dd1a108751ee3f0ff475eee240701125dccd68133cebc1c2e03eaacf2c3f7a771d45db2da88d1bc06566e183e48f6ee2b5fe7145d2c7e908c6e47427d996f9ad8ae1023a4ee9c63086eb6f936123aee6a04d245b412d20e84006c0287981f47ab359ca7df6e65d040dac0fbf324d481876bcc076e896ac23cc058e0013af1671f9823780194d7853b2ed86838deebd72779a8777ccd3a6d1d05f88b5740f8622fbbc4c36792bef475a50ce311c1b607381ac088692371825c872fdc520603b2bc151fbf9dd5dc079980ee2adf8395ba8fa8cae58f8a80c055a005f2538dc2643c5344bdc9e6ecbc064730fc09664a5f8a272d417bcea6518e5375d8e14237d21f9a70c2d74073985debe4817389183893ec0b23bd99baa5a5e5eff4520179eeff66e17dbd4c1d46c7253817fc84e13ab3fac022c8ebef51e383e6d6490ae761940ee504d463225757bfa7987cac2eb8e3f22440a90c37a89d3752ad594e1d52a0630ffaf38df6135561192767c25d81e0bad0e0ff60475fe038683afeb8fb6dd708d824f806b151ad93349c47a2bff44adf0b8f28cc76bc181d92c6a9f30f8e0683bf97e97ec42ba3a6afa78ed955e9d63dac1f0d9eeabc8023f8fe5c66d2da0db636015bf59d37139f6e427459f72878c6c93f4ea1778cd18489dc5ff8af49886fcae32309de0f7fca0153605d5fd2872af79d760bdc53d7299279c3e9e147787e6fc7d1bd1fbc1a045eeca1f6286ee07c8d545b9b5704c4f1e8111d5e1976560f37b4e848145d71717b3f44d0e378f51caf2aa26e7dabd66002479da1708ce5742ea1129c12f98ba8e899f281e49bfdc0d6ae0af00f8a2f8f89181064fda1e5b789d244b49be97f10a7f09392d58d83b7d4909a61bf61332d733e207b5e1110d14826ed7bbb42e94c81fbe0f9ed8fa75bffe13c577cc730917392aa25359972565d8f4bd5e9c158cd08f08c95f87c0f69ee4b1f3c5c73fb872fb47453c959ca7067c8c3ef13b400636ec954ab13890812382624fb93b5409b458be05efc6c9e063faae60dc929bb49835d423dc45048d876e42f4d41030075fc01300a9058690f81c67491d2284cd35773ee1c86a0e2d0923cca113f22418bb2a5951e3723be5204751b481b294ebc959d5fd822c2a0e4c4f1a23eff683becfcc9fdb7b5d8f208a2f56c3b37f30b75a6c24c4c1ebcd16c');
INSERT INTO public.content VALUES (4, 4, '\x28b52ffd66419c1a3c5d1600b39635aae5a0a44aa792de50ad378376199b0439a5f8c8e2034f8e3baf4cd93ee5fe6e4dbde297a3064fd552ff969e6f8c68cdf3d48e226e57877557359ff1a38e494b5ee86f0e5a69d7ee1737f47733e6db162b4f7de81cb5f2b89eb58ca1e6b743682db92343c3abac3a2a1fcf2a652f153bf56fe679cd15a6bd79758ae61bfd3f35aa29c36b78d23195a7dc29890f62fbf9b4922d77b74e5f435a9cf3ac6146bc83da8fa1c56cbf54cdf3532a64ccf6f159c97ddb7635346a7f29a3802489241039845003397080626059853c90722a282940de88981d1a80a2fc834a3a906a7deb55b658b97c6c81b220dd603566178a9e34b246620326a8510d24b802616401743d3257d4d5e141d302706f0545db038c0baeec1decefa9640d8db14328d766fcdd83d3dc20aa4c15bda57c37f35a114277f59a4c3e9c232cbc4dfc564316d152d5e82e228f614dccd2222480d9a605bd9e9d734240ecec19777d2f20336098e75609e73a61ddf3906aabaafb786dc49fa9c36c37e2460bc7e212732b5d50b828983895edfa6530bff12de53ac3c9532f0ee7bd511117f209e5dde97753c6b41a864f1172b54d4dd95fc0c89dbadbf6357efde6d20bcb3ba05683c34b466f95bb2163d53b4457b9a1a0c2f540271276a60a217ae9c0d76b837e4afe662348f89a0e47a35dc54ec0aa0f7fe3933ebaae131f6dae6cc2f06728b6c88b3bf1ab950a7caa42f4f8ae49903bed3a795a4224c2de15de89043943b0554d4829e80a715cad4a008ed1febf893f5a62dac7d41654b409bcc92aafd282fbcc2e976c3574cc5310471395025d2fc073877a7cfcdb970695efed2629440a907d7e67e7dc89a892f18ca8f12c13726fa93441420702186492ebb41c852d259c2148ffe883ff150e7099f93b93e1d895dabcf52faef0465d7777a5094c236c5e2efea8ef2cb0ed92be7396150bfa8ee50138ea3b5b503d56611c09d7be1cca54e4d9334d200969dcdc66ea4c8593f5a562468a');
INSERT INTO public.content VALUES (5, 2, '\x28b52ffd66419c01688d270033685ca7ea48a5a2a52c0d6aebdc2deaa8f3b3262d3ebf8dccd1dd5a7d1a1b85ee459196d2c99edea42dc56f5d704de1a37d515773eca95731a9e98606cdf2df1d75dc7187323a7e58524aa13f84be782ccd31beefa30caa00b1f19551be9f8af527c64497d6910f7ef00321f4a8830a3d10112f75694f6ea469abd25bf3596be563e5d6a2c25efea077c455b632592e5747a5141f5a7ce0c9716f1c378ad71d950c0fb9b1e1b585d21cc4acb74a1dc325599ee3d6e86b9e56ed39957d938de72b73f3cd20655be78f3df25994d25aceb5ca3ab235a7d91c43fd67cead75d61e2c868bad53deaef8dac152cea155a5d91caa4ae94d9fdd0ea9b5ec7c3b6cd0abbd43ed528e225d75d6a9b49984d612e2c43cc4747ec56c59cbb56ba820d57e4aea5a7c3a7db22c9eac3797da457b10a1e5c6bcadf935f4888c7715462629c237aad3e6d9de69ebd46be61499bfd275e7f4214688fdac3647dae6ead7903abaf014c4f436e2738e951955da102326bf0292881d188122fc5bfb3bf66176c762e48b17ec39bcaeed078e461e763d02928d06b5b0f22fa86ae03f7181f7f9a097b4faf6e5bfa484ea3caa258ba0161b7abcc8a67b00c2b6cb2ade260a332c1a2faee5c125052f61fc68de555344590b7d18cc162c425fe33df020cf934987402c5a2382086769e07c907f5de811e1d29282142488eb60ecad5a4c6b9af3da5dbeab8635dea65c10db105a1431590d77b14a24d0ace30fa892c88aac98694c36006a5fd589d05c19f0ab3f50cf5efc54d79325e47f1de0575ecc6097fdfb4abe76195d18f87de98818b1bf3f6c39eabcfe8b3f00afb690dca7feb1710f1c765567a48f277ec053ea540cadc08813e9b5127ea7e418d649256addcc4d6c3e78aa52a56a9d520120f081c8191da83431ab7575cde5dca11b8721e971201d544d9f2c39e17cb2951cada3be68ad514682d2d71f5a218f09478885b72ab3106481cfdc18a528cb9510cb5764b60a2a589e8427077e66ed232363b8d37928ea508f24d8033a4b008deaf512585e49a7617de54970277086c328496074f98cec839f4da66d5abbee5e857dc63109ef84770031f1f75bc9da91f2023e0c34310086f74206ed5a80b2eab9bc046582a2a606df0f983ff3386e44b0732d76cb3571692291cf47b856191a7f391e518572287fc91883d561b35f38cf8c59307d186d900b8cef16bb5ed44832d6f883814233b12cc48f9b09ccfa264922ce51c2cae57c0317e09d22cb8d8415039afb6aa1f55f57c7831721d16ba9a5760b2342c9368b7a724aadbf8143b8eec09b5c5ec7607be5a6cdd68fa049cf2ba995c75c035e2bbfa00e27df709b947e2d8e77b81048a0db91ecf79691bb7e4452c954253f98ed6e7236183411266f64224f6798a97539d3e00cb89e1938f92f025abfc3596f13ee71beb38088450bca1f71f6067530c40d570158aca77fa8d46010a167a1f91788a35a1e95c0c335e77f9e8fb688484b79c0e8fca17b0efaf88b5358d8e142df8f32a08a2cc15634187c577cac3ff761af879a0c54dbe39230ab2a8fda2ef05a2930e0c9a061fd82c2aef2cfddb2c42ee4767d9b7bb7fe414aba920ee7b4fb1e401db07b9aff1f9616c5dc5f2084eb92e0a1e06fef0c0bf332739d0e07974072fbacd84b24137e8f9668822fc783cf089b685545f803525f4c34cd074c4da858a5651db2af24684fecbb8a63e6778a48811881dfd98d5878d086b5ef489c3c230cca9b64c0020099551348feb89ba9983a3b671628478f70c7');
INSERT INTO public.delivered VALUES (1, '{"0":[1,"7"],"1":[1,"7"],"2":[1,"7"],"3":[1,"7"],"4":[1,"7"],"5":[1,"7"],"6":[1,"7"],"7":[1,"7"],"8":[1,"7"],"9":[1,"7"],"10":[1,"7"],"11":[1,"7"],"12":[1,"7"],"13":[1,"7"],"14":[1,"7"]}');
INSERT INTO public.outbox VALUES (2, 2, 'Patient/p-1', 'waiting', 0, 0, '2026-11-21T12:01:00.000Z', '2026-11-21T12:01:00.000Z', NULL, NULL, NULL, NULL, NULL, '[[0,1],[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],[10,1]]', NULL, NULL);
INSERT INTO public.outbox VALUES (3, 3, 'Patient/p-2', 'waiting', 0, 0, '2026-11-21T12:02:00.000Z', '2026-11-21T12:02:00.000Z', NULL, NULL, NULL, NULL, NULL, '[[0,1],[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],[10,1],[11,1],[12,1],[13,1],[14,1],[15,1],[16,1],[17,1],[18,1],[19,1],[20,1],[21,1],[22,1],[23,1],[24,1],[25,1],[26,1],[27,1]]', NULL, NULL);
INSERT INTO public.outbox VALUES (4, 4, 'Patient/p-3', 'waiting', 0, 0, '2026-11-21T12:03:00.000Z', '2026-11-21T12:03:00.000Z', NULL, NULL, NULL, NULL, NULL, '[[0,1],[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],[10,1],[11,1]]', NULL, NULL);
INSERT INTO public.outbox VALUES (5, 2, 'Patient/p-1', 'waiting', 0, 0, '2026-11-21T12:04:00.000Z', '2026-11-21T12:04:00.000Z', NULL, NULL, NULL, NULL, NULL, '[[0,2],[12,1],[13,1],[14,1],[15,1],[16,1],[17,1],[7,2],[8,2],[20,1],[21,1],[9,2],[23,1],[1,2],[2,2],[3,2],[5,2],[6,2]]', NULL, NULL);
INSERT INTO public.outbox VALUES (1, 1, 'Patient/p-1', 'delivered', 1, 0, '2026-11-21T12:00:00.000Z', '2026-11-21T12:00:00.000Z', NULL, NULL, '2026-11-21T12:04:00.000Z', NULL, NULL, '[[0,1],[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1],[10,1],[11,1],[12,1],[13,1],[14,1]]', NULL, NULL);
INSERT INTO public.page_key VALUES (1, '\x08b6837bb910710a0f1bd78fedfe310d76f401707b18704e54a47dbecdde7b1c');
INSERT INTO public.patient VALUES (2, 'Patient/p-2', 1);
INSERT INTO public.patient VALUES (3, 'Patient/p-3', 1);
INSERT INTO public.patient VALUES (1, 'Patient/p-1', 3);
INSERT INTO public.received VALUES ('r-1', 1, '2026-11-21T12:00:00.000Z', '\x28b52ffd66419c2a043d02003068712d705d7d14fc7863366e2e44e56c8c8a2c0bda78a06297b4b1b1ec96ef1fc34a5d5b0c74062e20d2a16f0e9fa9edf57669d0a190ca67eb4cd2c512ae22f6d4990a6d2901e780588c', 'eed79fd156c7721bb89461dd02df3d012274ea01329757ea026fdf5298691921');
INSERT INTO public.received VALUES ('r-2', 1, '2026-11-21T12:01:00.000Z', '\x28b52ffd66419cbf021d020010707d12fcdfb53b1f6de109acee3b450c462499f59dd3671b1e9df61d286a578759cf91a287cfd6bef52612ec19f206c9d894cf469c9c6857354ce773d4d9b97868013e6a64c7', '2e4eac0feb2691566fa1384d37d46d04cd440dfd59153a5696dccbc6b77456a8');
INSERT INTO public.received VALUES ('r-3', 1, '2026-11-21T12:02:00.000Z', '\x28b52ffd66419c4d0eb5040020702d627d2bfcbcff7e87e1c6047abfa101490c97f831c5fb9f15e5da44fc04ff616b531a03a933dfac9cdea5107610f1a18665851d27ef691a3ac051e78f835103a44b1b04345ca79448e19dfe94f3ce310415282dc9c18ef811085a645b5af9bf19712f4550f740ba4971e2cbd9f9fd16110641278e2b06f48ff761e79df87f5b3d974770e467db554e675c61a2731b75a622fe702b7b1d66', '6a301d42d996c0b8e887364c4fc03050bea39022622b6077f2767f0eba560fe6');
INSERT INTO public.received VALUES ('r-4', 1, '2026-11-21T12:03:00.000Z', '\x28b52ffd66419c9503450300d8702d5d2c226d65746165637576332d41634854455354227d5d7d7d19fc862460b5c1cfc3a0bf2bf529ed9213dca9b0dd17ff61df59512b657de7507717f51d6b81f8b0efeca97ab0c2391282f2742823d8b3e70c92602b9f613cf990ae5a99aecf5367e7102605024e17b1', '1d613970030ddb4da0b1892519a9117ef541f5d887e8b6b864a584330c57f2a0');
INSERT INTO public.received VALUES ('r-2', 2, '2026-11-21T12:04:00.000Z', '\x28b52ffd66419c4603bd01002032705d7d0ffc04eec4fe5f7b667e87650a8c26f03b7dc4c2637d58fbcec4c9b3c2babc1563180090da3081e48bbbb98aa8b3734efd02efc52f25', 'fb969d99584acfab3ff71bc8ffd82df22944a126da2ba9ca6ad0e1220c75d5be');
INSERT INTO public.resource VALUES (1, 'r-1', 1, 1, 0, true, 1795262400000, 1795251600000, 1795251601000, 1, 6, NULL, 1, 0);
INSERT INTO public.resource VALUES (2, 'o-8a37b541-464a-5e0f-9a16-b7c1fb9ac8f4', 1, 1, 1, true, 1795262400000, 1795251600000, 1795251601000, 1, 10, ' d0 ', 1, 1);
INSERT INTO public.resource VALUES (2, 'o-313ba962-e236-5989-8650-cc5889ec3d74', 1, 1, 2, true, 1795262400000, 1795251600000, 1795251601000, 1, 3, ' d0 ', 1, 2);
INSERT INTO public.resource VALUES (2, 'o-d4af76ac-6846-56c3-97d3-a9798ac02038', 1, 1, 3, true, 1795262400000, 1795251600000, 1795251601000, 1, 13, ' d0 ', 1, 3);
INSERT INTO public.resource VALUES (2, 'o-50161f47-650f-52a2-9f01-64f02bef93f2', 1, 1, 4, true, 1795262400000, 1795251600000, 1795251601000, 1, 9, ' d0 ', 1, 4);
INSERT INTO public.resource VALUES (2, 'o-c991e00f-b2bb-562f-b445-3c63bdb40861', 1, 1, 5, true, 1795262400000, 1795251600000, 1795251601000, 1, 15, ' d0 ', 1, 5);
INSERT INTO public.resource VALUES (2, 'o-5b54a304-4429-511f-a97e-f60e8b2bce59', 1, 1, 6, true, 1795262400000, 1795251600000, 1795251601000, 1, 1, ' d0 ', 1, 6);
INSERT INTO public.resource VALUES (2, 'o-6b18670d-9f56-566b-8096-4d836eab2ea8', 1, 1, 7, true, 1795262400000, 1795251600000, 1795251601000, 1, 11, ' d0 ', 1, 7);
INSERT INTO public.resource VALUES (2, 'o-68cfa2e9-afeb-56e7-9a46-28b7b405a71e', 1, 1, 8, true, 1795262400000, 1795251600000, 1795251601000, 1, 7, ' d0 ', 1, 8);
INSERT INTO public.resource VALUES (2, 'o-989fee67-4a12-5330-a269-67457d5c4f3c', 1, 1, 9, true, 1795262400000, 1795251600000, 1795251601000, 1, 4, ' d0 ', 1, 9);
INSERT INTO public.resource VALUES (2, 'o-00ca4af3-daf4-5a1c-993f-e522abc7b072', 1, 1, 10, true, 1795262400000, 1795251600000, 1795251601000, 1, 8, ' d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 ', 1, 10);
INSERT INTO public.resource VALUES (2, 'o-a80c5f10-7849-5789-bde5-34c983a909d8', 1, 1, 11, true, 1795262400000, 1795251600000, 1795251601000, 1, 12, ' d0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 ', 1, 11);
INSERT INTO public.resource VALUES (2, 'o-484a31b5-25c7-57f9-9312-d94fc029d24d', 1, 1, 12, true, 1795262400000, 1795251600000, 1795251601000, 1, 5, ' d0 ', 1, 12);
INSERT INTO public.resource VALUES (3, 'i-88c763cc-515f-5868-ac12-de71f8e6a729', 1, 1, 13, true, 1795262400000, 1795251600000, 1795251601000, 1, 14, ' v0 v10 v11 ', 1, 13);
INSERT INTO public.resource VALUES (4, 'p-1586f950-30b1-5532-b813-548dc4148861', 1, 1, 14, true, 1795262400000, 1795262400000, 1795262400001, NULL, 2, ' t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 e0 ', 1, 14);
INSERT INTO public.resource VALUES (2, 'o-15ebc687-b393-5ec1-a8b4-bdde4216890e', 1, 2, 4, true, 1795262460000, 1795251600000, 1795251601000, 1, 19, ' d0 ', 2, 4);
INSERT INTO public.resource VALUES (4, 'p-fed76447-d688-562e-b10b-cc06deb37a8e', 1, 2, 10, true, 1795262460000, 1795262460000, 1795262460001, NULL, 2, ' t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 e0 ', 2, 10);
INSERT INTO public.resource VALUES (1, 'r-3', 1, 3, 0, true, 1795262520000, 1795251600000, 1795251601000, 2, 45, NULL, 3, 0);
INSERT INTO public.resource VALUES (2, 'o-59ef3b19-1011-5dab-82e7-ac943dad2000', 1, 3, 1, true, 1795262520000, 1795251600000, 1795251601000, 2, 25, ' d0 ', 3, 1);
INSERT INTO public.resource VALUES (2, 'o-3ae10590-152f-5ae2-a413-51916550572f', 1, 3, 2, true, 1795262520000, 1795251600000, 1795251601000, 2, 35, ' d0 ', 3, 2);
INSERT INTO public.resource VALUES (2, 'o-57bcd76c-64b4-5555-babd-fea3d27c9528', 1, 3, 3, true, 1795262520000, 1795251600000, 1795251601000, 2, 31, ' d0 ', 3, 3);
INSERT INTO public.resource VALUES (2, 'o-6077c1de-0d7d-5c32-a47d-3e25eb7c5448', 1, 3, 4, true, 1795262520000, 1795251600000, 1795251601000, 2, 39, ' d0 ', 3, 4);
INSERT INTO public.resource VALUES (2, 'o-0c87f65f-21e9-5ca2-b13f-e69babf4e7f9', 1, 3, 5, true, 1795262520000, 1795251600000, 1795251601000, 2, 27, ' d0 ', 3, 5);
INSERT INTO public.resource VALUES (2, 'o-8a955def-17f0-564a-ae30-572a56284457', 1, 3, 6, true, 1795262520000, 1795251600000, 1795251601000, 2, 43, ' d0 ', 3, 6);
INSERT INTO public.resource VALUES (2, 'o-4ff79247-97bc-5b7f-abad-17090ae751e4', 1, 3, 7, true, 1795262520000, 1795251600000, 1795251601000, 2, 49, ' d0 ', 3, 7);
INSERT INTO public.resource VALUES (2, 'o-fe09bc0c-a134-54c9-88e3-66b790390c2a', 1, 3, 8, true, 1795262520000, 1795251600000, 1795251601000, 2, 41, ' d0 ', 3, 8);
INSERT INTO public.resource VALUES (2, 'o-2888ab31-f3ee-5e63-acbe-c01ef8a26f44', 1, 3, 9, true, 1795262520000, 1795251600000, 1795251601000, 2, 30, ' d0 ', 3, 9);
INSERT INTO public.resource VALUES (2, 'o-aef88ea6-8eed-5a21-be9a-4270cef83fa9', 1, 3, 10, true, 1795262520000, 1795251600000, 1795251601000, 2, 29, ' d0 ', 3, 10);
INSERT INTO public.resource VALUES (2, 'o-2e2ccc73-48fc-5542-929f-4ae4836ac2d7', 1, 3, 11, true, 1795262520000, 1795251600000, 1795251601000, 2, 37, ' d0 ', 3, 11);
INSERT INTO public.resource VALUES (2, 'o-a03675eb-fc0e-597c-9b4a-e660164e948a', 1, 3, 12, true, 1795262520000, 1795251600000, 1795251601000, 2, 32, ' d0 ', 3, 12);
INSERT INTO public.resource VALUES (2, 'o-cd61355f-b004-5ac4-ba91-24c8f3c6e270', 1, 3, 13, true, 1795262520000, 1795251600000, 1795251601000, 2, 44, ' d0 ', 3, 13);
INSERT INTO public.resource VALUES (2, 'o-57e3db1f-8302-566e-87d8-78992ea80cd0', 1, 3, 14, true, 1795262520000, 1795251600000, 1795251601000, 2, 40, ' d0 ', 3, 14);
INSERT INTO public.resource VALUES (2, 'o-b4dc7b3f-a185-5700-9bec-684e673a7559', 1, 3, 15, true, 1795262520000, 1795251600000, 1795251601000, 2, 42, ' d0 ', 3, 15);
INSERT INTO public.resource VALUES (2, 'o-fcee57ef-c7bd-5311-9110-1fd22541081a', 1, 3, 16, true, 1795262520000, 1795251600000, 1795251601000, 2, 47, ' d0 ', 3, 16);
INSERT INTO public.resource VALUES (2, 'o-78232f84-e87d-5ac3-b77c-3eefcd9ac09e', 1, 3, 17, true, 1795262520000, 1795251600000, 1795251601000, 2, 51, ' d0 ', 3, 17);
INSERT INTO public.resource VALUES (2, 'o-08a7a732-532b-5d05-95ea-7ee6ba2b046d', 1, 3, 18, true, 1795262520000, 1795251600000, 1795251601000, 2, 28, ' d0 ', 3, 18);
INSERT INTO public.resource VALUES (2, 'o-e9843bf0-6228-5862-bbc5-335e172bd47a', 1, 3, 19, true, 1795262520000, 1795251600000, 1795251601000, 2, 33, ' d0 ', 3, 19);
INSERT INTO public.resource VALUES (2, 'o-6e496ba6-23db-5899-89a7-d36dcc6f2639', 1, 3, 20, true, 1795262520000, 1795251600000, 1795251601000, 2, 34, ' d0 ', 3, 20);
INSERT INTO public.resource VALUES (2, 'o-6613f90e-40c6-5067-b502-a97cbcad03b3', 1, 3, 21, true, 1795262520000, 1795251600000, 1795251601000, 2, 48, ' d0 ', 3, 21);
INSERT INTO public.resource VALUES (2, 'o-738991e5-5f8e-5e53-b097-d0d1f84eedf0', 1, 3, 22, true, 1795262520000, 1795251600000, 1795251601000, 2, 38, ' d0 ', 3, 22);
INSERT INTO public.resource VALUES (2, 'o-628395b6-912a-5b42-97f1-492f8c827ad9', 1, 3, 23, true, 1795262520000, 1795251600000, 1795251601000, 2, 36, ' d0 ', 3, 23);
INSERT INTO public.resource VALUES (2, 'o-f70802e2-e14a-510a-ba81-6157b5a39de3', 1, 3, 24, true, 1795262520000, 1795251600000, 1795251601000, 2, 26, ' d0 ', 3, 24);
INSERT INTO public.resource VALUES (2, 'o-e4c20b68-a3a0-508e-8ac8-8b9bb49b5b18', 1, 3, 25, true, 1795262520000, 1795251600000, 1795251601000, 2, 46, ' d0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19 m20 m21 m22 m23 m24 ', 3, 25);
INSERT INTO public.resource VALUES (3, 'i-0c9f821b-02ea-589e-948d-f2b7c28b3fb8', 1, 3, 26, true, 1795262520000, 1795251600000, 1795251601000, 2, 50, ' v0 v25 ', 3, 26);
INSERT INTO public.resource VALUES (4, 'p-cc06bd6a-8e88-5b6c-804f-0d53019fd8db', 1, 3, 27, true, 1795262520000, 1795262520000, 1795262520001, NULL, 2, ' t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 t20 t21 t22 t23 t24 t25 t26 e0 ', 3, 27);
INSERT INTO public.resource VALUES (1, 'r-4', 1, 4, 0, true, 1795262580000, 1795251600000, 1795251601000, 3, 18, NULL, 4, 0);
INSERT INTO public.resource VALUES (2, 'o-6efb5e62-4d93-5a95-b530-1819566ce3dd', 1, 4, 1, true, 1795262580000, 1795251600000, 1795251601000, 3, 55, ' d0 ', 4, 1);
INSERT INTO public.resource VALUES (2, 'o-b3f7abea-44f6-590b-88fc-7a9c71228862', 1, 4, 2, true, 1795262580000, 1795251600000, 1795251601000, 3, 20, ' d0 ', 4, 2);
INSERT INTO public.resource VALUES (2, 'o-5738a0a0-c84c-5a39-aaaf-dfdb7a922780', 1, 4, 3, true, 1795262580000, 1795251600000, 1795251601000, 3, 57, ' d0 ', 4, 3);
INSERT INTO public.resource VALUES (2, 'o-d071073e-7d72-586f-aefe-429dbba29bba', 1, 4, 4, true, 1795262580000, 1795251600000, 1795251601000, 3, 53, ' d0 ', 4, 4);
INSERT INTO public.resource VALUES (2, 'o-6241eb6b-32ea-58b6-bbe1-0d1500f72b3e', 1, 4, 5, true, 1795262580000, 1795251600000, 1795251601000, 3, 52, ' d0 ', 4, 5);
INSERT INTO public.resource VALUES (2, 'o-7e50f862-caad-5cc1-b89c-6ff74a73fe77', 1, 4, 6, true, 1795262580000, 1795251600000, 1795251601000, 3, 54, ' d0 ', 4, 6);
INSERT INTO public.resource VALUES (2, 'o-c19dae8f-9b60-5536-aba2-a0b55f5dfcdf', 1, 4, 7, true, 1795262580000, 1795251600000, 1795251601000, 3, 56, ' d0 ', 4, 7);
INSERT INTO public.resource VALUES (2, 'o-76ba2f83-36da-507e-b531-7a6189e55482', 1, 4, 8, true, 1795262580000, 1795251600000, 1795251601000, 3, 22, ' d0 d1 d2 d3 d4 d5 d6 d7 ', 4, 8);
INSERT INTO public.resource VALUES (2, 'o-cea98c47-413a-5c28-b3a3-bbefe41264a0', 1, 4, 9, true, 1795262580000, 1795251600000, 1795251601000, 3, 24, ' d0 m1 m2 m3 m4 m5 m6 m7 m8 ', 4, 9);
INSERT INTO public.resource VALUES (3, 'i-770b24b9-841e-511b-b26a-1079506eb78b', 1, 4, 10, true, 1795262580000, 1795251600000, 1795251601000, 3, 50, ' v0 v8 v9 ', 4, 10);
INSERT INTO public.resource VALUES (4, 'p-d665e3e8-f5c3-5966-bfe2-bd0d90edc70f', 1, 4, 11, true, 1795262580000, 1795262580000, 1795262580001, NULL, 2, ' t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 e0 ', 4, 11);
INSERT INTO public.resource VALUES (1, 'r-2', 1, 2, 0, false, 1795262460000, 1795251600000, 1795251601000, 1, 18, NULL, 2, 0);
INSERT INTO public.resource VALUES (2, 'o-713238cd-5cd1-5656-90d9-1e54c470094a', 1, 2, 7, false, 1795262460000, 1795251600000, 1795251601000, 1, 22, ' d0 d1 d2 d3 d4 d5 d6 ', 2, 7);
INSERT INTO public.resource VALUES (2, 'o-5c17087f-0027-5a01-b07f-0860275f7f51', 1, 2, 8, false, 1795262460000, 1795251600000, 1795251601000, 1, 24, ' d0 m1 m2 m3 m4 m5 m6 m7 ', 2, 8);
INSERT INTO public.resource VALUES (3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 1, 2, 9, false, 1795262460000, 1795251600000, 1795251601000, 1, 14, ' v0 v7 v8 ', 2, 9);
INSERT INTO public.resource VALUES (2, 'o-f6e79b18-2e09-576f-84c3-725a2c1bcee6', 1, 2, 1, false, 1795262460000, 1795251600000, 1795251601000, 1, 23, ' d0 ', 2, 1);
INSERT INTO public.resource VALUES (2, 'o-1b85bba9-6fbc-5262-a343-d96560f9da80', 1, 2, 2, false, 1795262460000, 1795251600000, 1795251601000, 1, 20, ' d0 ', 2, 2);
INSERT INTO public.resource VALUES (2, 'o-1164a40b-2b2e-5209-b8ef-36bda839004c', 1, 2, 3, false, 1795262460000, 1795251600000, 1795251601000, 1, 21, ' d0 ', 2, 3);
INSERT INTO public.resource VALUES (2, 'o-40aa2e68-3be8-5ee9-aa2a-c95b78fd65b0', 1, 2, 5, false, 1795262460000, 1795251600000, 1795251601000, 1, 17, ' d0 ', 2, 5);
INSERT INTO public.resource VALUES (2, 'o-17a1e7e0-890d-5539-9c63-efc43eca4410', 1, 2, 6, false, 1795262460000, 1795251600000, 1795251601000, 1, 16, ' d0 ', 2, 6);
INSERT INTO public.resource VALUES (1, 'r-2', 2, 2, 0, true, 1795262640000, 1795251600000, 1795251601000, 1, 67, NULL, 5, 0);
INSERT INTO public.resource VALUES (2, 'o-3b834d0d-227f-5d8c-90e6-e81778c9596c', 1, 2, 12, true, 1795262640000, 1795251600000, 1795251601000, 1, 71, ' d0 ', 5, 1);
INSERT INTO public.resource VALUES (2, 'o-e12f478c-c6ec-5bea-94ca-9f7a8cc8c194', 1, 2, 13, true, 1795262640000, 1795251600000, 1795251601000, 1, 61, ' d0 ', 5, 2);
INSERT INTO public.resource VALUES (2, 'o-771f4eba-c416-59d9-9715-135d9e6b2c44', 1, 2, 14, true, 1795262640000, 1795251600000, 1795251601000, 1, 58, ' d0 ', 5, 3);
INSERT INTO public.resource VALUES (2, 'o-d6c80f58-c2bc-5b65-bf47-966afcc27556', 1, 2, 15, true, 1795262640000, 1795251600000, 1795251601000, 1, 70, ' d0 ', 5, 4);
INSERT INTO public.resource VALUES (2, 'o-c55ef359-dab7-5565-ba03-dbd978ff430e', 1, 2, 16, true, 1795262640000, 1795251600000, 1795251601000, 1, 73, ' d0 ', 5, 5);
INSERT INTO public.resource VALUES (2, 'o-07a9ec0c-55f3-5059-bd9c-8b8601a1d22a', 1, 2, 17, true, 1795262640000, 1795251600000, 1795251601000, 1, 65, ' d0 ', 5, 6);
INSERT INTO public.resource VALUES (2, 'o-713238cd-5cd1-5656-90d9-1e54c470094a', 2, 2, 7, true, 1795262640000, 1795251600000, 1795251601000, 1, 64, ' d0 d12 d13 d14 d4 d15 d16 d17 ', 5, 7);
INSERT INTO public.resource VALUES (2, 'o-5c17087f-0027-5a01-b07f-0860275f7f51', 2, 2, 8, true, 1795262640000, 1795251600000, 1795251601000, 1, 72, ' d0 m12 m13 m14 m4 m15 m16 m17 m7 ', 5, 8);
INSERT INTO public.resource VALUES (2, 'o-f1761b9c-7689-564a-8765-ca50ff385fd2', 1, 2, 20, true, 1795262640000, 1795251600000, 1795251601000, 1, 62, ' d0 ', 5, 9);
INSERT INTO public.resource VALUES (2, 'o-0dc5782b-7b74-580f-84c6-b3533fa1293d', 1, 2, 21, true, 1795262640000, 1795251600000, 1795251601000, 1, 5, ' d0 ', 5, 10);
INSERT INTO public.resource VALUES (3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 2, 2, 9, true, 1795262640000, 1795251600000, 1795251601000, 1, 59, ' v0 v7 v8 ', 5, 11);
INSERT INTO public.resource VALUES (4, 'p-ca5d1c31-b6e2-5d63-8db9-0db5ae6eb296', 1, 2, 23, true, 1795262640000, 1795262640000, 1795262640001, NULL, 2, ' t0 t12 t13 t14 t4 t15 t16 t17 t7 t8 t20 t21 t9 e0 ', 5, 12);
INSERT INTO public.resource VALUES (2, 'o-f6e79b18-2e09-576f-84c3-725a2c1bcee6', 2, 2, 1, true, 1795262640000, 1795251600000, 1795251601000, 1, 66, ' d0 ', 5, 13);
INSERT INTO public.resource VALUES (2, 'o-1b85bba9-6fbc-5262-a343-d96560f9da80', 2, 2, 2, true, 1795262640000, 1795251600000, 1795251601000, 1, 63, ' d0 ', 5, 14);
INSERT INTO public.resource VALUES (2, 'o-1164a40b-2b2e-5209-b8ef-36bda839004c', 2, 2, 3, true, 1795262640000, 1795251600000, 1795251601000, 1, 60, ' d0 ', 5, 15);
INSERT INTO public.resource VALUES (2, 'o-40aa2e68-3be8-5ee9-aa2a-c95b78fd65b0', 2, 2, 5, true, 1795262640000, 1795251600000, 1795251601000, 1, 68, ' d0 ', 5, 16);
INSERT INTO public.resource VALUES (2, 'o-17a1e7e0-890d-5539-9c63-efc43eca4410', 2, 2, 6, true, 1795262640000, 1795251600000, 1795251601000, 1, 69, ' d0 ', 5, 17);
INSERT INTO public.response VALUES ('r-1', 'Patient/p-1', 'phq-9', '2026-11-21T09:00:00.000Z', 'completed', 1, '2026-11-21T12:00:00.000Z', false);
INSERT INTO public.response VALUES ('r-3', 'Patient/p-2', 'leg-pain', '2026-11-21T09:00:00.000Z', 'completed', 1, '2026-11-21T12:02:00.000Z', false);
INSERT INTO public.response VALUES ('r-4', 'Patient/p-3', 'gad-7', '2026-11-21T09:00:00.000Z', 'completed', 1, '2026-11-21T12:03:00.000Z', true);
INSERT INTO public.response VALUES ('r-2', 'Patient/p-1', 'gad-7', '2026-11-21T09:00:00.000Z', 'amended', 2, '2026-11-21T12:01:00.000Z', false);
INSERT INTO public.schema_version VALUES (1000);
INSERT INTO public.search VALUES (5, 4, 'p-fed76447-d688-562e-b10b-cc06deb37a8e', 'entity', NULL, 'QuestionnaireResponse/r-1', NULL, NULL);
INSERT INTO public.search VALUES (6, 3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 'investigation', NULL, 'QuestionnaireResponse/r-1', NULL, NULL);
INSERT INTO public.search VALUES (7, 3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 'investigation', NULL, 'Observation/o-00ca4af3-daf4-5a1c-993f-e522abc7b072', NULL, NULL);
INSERT INTO public.search VALUES (8, 3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 'investigation', NULL, 'Observation/o-a80c5f10-7849-5789-bde5-34c983a909d8', NULL, NULL);
INSERT INTO public.search VALUES (9, 3, 'i-36b50d8b-45da-5a29-a773-d0867ee51478', 'previous', NULL, 'ClinicalImpression/i-88c763cc-515f-5868-ac12-de71f8e6a729', NULL, NULL);
INSERT INTO public.search VALUES (10, 4, 'p-ca5d1c31-b6e2-5d63-8db9-0db5ae6eb296', 'entity', NULL, 'QuestionnaireResponse/r-1', NULL, NULL);
INSERT INTO public.token VALUES (1, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (1, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (1, 'code', 'http://loinc.org', '44258-2', 2);
INSERT INTO public.token VALUES (1, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (1, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (1, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (3, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (3, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (3, 'code', 'http://loinc.org', '44255-8', 2);
INSERT INTO public.token VALUES (3, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (3, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (3, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (4, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (4, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (4, 'code', 'http://loinc.org', '44260-8', 2);
INSERT INTO public.token VALUES (4, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (4, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (4, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (5, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (5, 'code', 'https://w3id.org/sural/CodeSystem/red-flag', 'mood-positive', 2);
INSERT INTO public.token VALUES (5, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (5, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (5, 'value-concept', 'https://w3id.org/sural/CodeSystem/urgency', 'routine', 2);
INSERT INTO public.token VALUES (6, 'questionnaire', '', 'https://w3id.org/sural/Questionnaire/phq-9', 1);
INSERT INTO public.token VALUES (6, 'status', '', 'completed', 1);
INSERT INTO public.token VALUES (7, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (7, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (7, 'code', 'http://loinc.org', '44253-3', 2);
INSERT INTO public.token VALUES (7, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (7, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (7, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (8, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (8, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (8, 'code', 'http://loinc.org', '44261-6', 2);
INSERT INTO public.token VALUES (8, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (8, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (9, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (9, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (9, 'code', 'http://loinc.org', '44254-1', 2);
INSERT INTO public.token VALUES (9, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (9, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (9, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (10, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (10, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (10, 'code', 'http://loinc.org', '44250-9', 2);
INSERT INTO public.token VALUES (10, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (10, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (10, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (11, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (11, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (11, 'code', 'http://loinc.org', '44252-5', 2);
INSERT INTO public.token VALUES (11, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (11, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (11, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (12, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (12, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (12, 'code', 'http://loinc.org', '44249-1', 2);
INSERT INTO public.token VALUES (12, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (12, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (13, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (13, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (13, 'code', 'http://loinc.org', '44259-0', 2);
INSERT INTO public.token VALUES (13, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (13, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (13, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (14, 'finding-code', 'https://w3id.org/sural/CodeSystem/red-flag', 'mood-positive', 3);
INSERT INTO public.token VALUES (14, 'identifier', 'https://w3id.org/sural/id', '', 3);
INSERT INTO public.token VALUES (14, 'status', '', 'completed', 3);
INSERT INTO public.token VALUES (15, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (15, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (15, 'code', 'http://loinc.org', '44251-7', 2);
INSERT INTO public.token VALUES (15, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (15, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (15, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (16, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (16, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (16, 'code', 'http://loinc.org', '69736-7', 2);
INSERT INTO public.token VALUES (16, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (16, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (16, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (17, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (17, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (17, 'code', 'http://loinc.org', '69689-8', 2);
INSERT INTO public.token VALUES (17, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (17, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (17, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (18, 'questionnaire', '', 'https://w3id.org/sural/Questionnaire/gad-7', 1);
INSERT INTO public.token VALUES (18, 'status', '', 'completed', 1);
INSERT INTO public.token VALUES (19, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (19, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (19, 'code', 'http://loinc.org', '69734-2', 2);
INSERT INTO public.token VALUES (19, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (19, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (19, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (20, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (20, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (20, 'code', 'http://loinc.org', '68509-9', 2);
INSERT INTO public.token VALUES (20, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (20, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (20, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (21, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (21, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (21, 'code', 'http://loinc.org', '69733-4', 2);
INSERT INTO public.token VALUES (21, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (21, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (21, 'value-concept', 'http://loinc.org', 'LA6570-1', 2);
INSERT INTO public.token VALUES (22, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (22, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (22, 'code', 'http://loinc.org', '70274-6', 2);
INSERT INTO public.token VALUES (22, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (22, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (23, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (23, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (23, 'code', 'http://loinc.org', '69725-0', 2);
INSERT INTO public.token VALUES (23, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (23, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (23, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (24, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (24, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (24, 'code', 'http://loinc.org', '69737-5', 2);
INSERT INTO public.token VALUES (24, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (24, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (25, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (25, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (25, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-any', 2);
INSERT INTO public.token VALUES (25, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (25, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (25, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-any.yes', 2);
INSERT INTO public.token VALUES (26, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (26, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (26, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-impact', 2);
INSERT INTO public.token VALUES (26, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (26, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (26, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-impact.none', 2);
INSERT INTO public.token VALUES (27, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (27, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (27, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-where', 2);
INSERT INTO public.token VALUES (27, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (27, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (27, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-where.calf', 2);
INSERT INTO public.token VALUES (28, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (28, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (28, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-medicine', 2);
INSERT INTO public.token VALUES (28, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (28, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (28, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-medicine.none', 2);
INSERT INTO public.token VALUES (29, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (29, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (29, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-better', 2);
INSERT INTO public.token VALUES (29, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (29, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (29, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-better.none', 2);
INSERT INTO public.token VALUES (30, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (30, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (30, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-worse', 2);
INSERT INTO public.token VALUES (30, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (30, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (30, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-worse.none', 2);
INSERT INTO public.token VALUES (31, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (31, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (31, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-side', 2);
INSERT INTO public.token VALUES (31, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (31, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (31, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-side.both-unequal', 2);
INSERT INTO public.token VALUES (32, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (32, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (32, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-muscle', 2);
INSERT INTO public.token VALUES (32, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (32, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (32, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-muscle.none', 2);
INSERT INTO public.token VALUES (33, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (33, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (33, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-injury', 2);
INSERT INTO public.token VALUES (33, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (33, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (33, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-injury.none', 2);
INSERT INTO public.token VALUES (34, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (34, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (34, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-habits', 2);
INSERT INTO public.token VALUES (34, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (34, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (34, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-habits.none', 2);
INSERT INTO public.token VALUES (35, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (35, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (35, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-alarm', 2);
INSERT INTO public.token VALUES (35, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (35, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (35, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-alarm.none', 2);
INSERT INTO public.token VALUES (36, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (36, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (36, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-mood-order', 2);
INSERT INTO public.token VALUES (36, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (36, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (36, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-mood-order.na', 2);
INSERT INTO public.token VALUES (37, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (37, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (37, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-touch', 2);
INSERT INTO public.token VALUES (37, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (37, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (37, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-touch.none', 2);
INSERT INTO public.token VALUES (38, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (38, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (38, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-stress', 2);
INSERT INTO public.token VALUES (38, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (38, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (38, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-stress.no', 2);
INSERT INTO public.token VALUES (39, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (39, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (39, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-start', 2);
INSERT INTO public.token VALUES (39, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (39, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (39, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-start.low-back', 2);
INSERT INTO public.token VALUES (40, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (40, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (40, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-signs', 2);
INSERT INTO public.token VALUES (40, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (40, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (40, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-signs.none', 2);
INSERT INTO public.token VALUES (41, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (41, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (41, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-onset', 2);
INSERT INTO public.token VALUES (41, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (41, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (41, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-onset.gradual', 2);
INSERT INTO public.token VALUES (42, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (42, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (42, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-hands', 2);
INSERT INTO public.token VALUES (42, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (42, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (42, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-hands.no', 2);
INSERT INTO public.token VALUES (43, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (43, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (43, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-where', 2);
INSERT INTO public.token VALUES (43, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (43, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (43, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-where.foot', 2);
INSERT INTO public.token VALUES (44, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (44, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (44, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-urge', 2);
INSERT INTO public.token VALUES (44, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (44, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (44, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-urge.none', 2);
INSERT INTO public.token VALUES (45, 'questionnaire', '', 'https://w3id.org/sural/Questionnaire/leg-pain', 1);
INSERT INTO public.token VALUES (45, 'status', '', 'completed', 1);
INSERT INTO public.token VALUES (46, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (46, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (46, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'leg-pain', 2);
INSERT INTO public.token VALUES (46, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (46, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (47, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (47, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (47, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-illness', 2);
INSERT INTO public.token VALUES (47, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (47, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (47, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-illness.none', 2);
INSERT INTO public.token VALUES (48, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (48, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (48, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-painkillers', 2);
INSERT INTO public.token VALUES (48, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (48, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (48, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-painkillers.not-tried', 2);
INSERT INTO public.token VALUES (49, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (49, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (49, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-feel', 2);
INSERT INTO public.token VALUES (49, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (49, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (49, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-feel.burning', 2);
INSERT INTO public.token VALUES (50, 'identifier', 'https://w3id.org/sural/id', '', 3);
INSERT INTO public.token VALUES (50, 'status', '', 'completed', 3);
INSERT INTO public.token VALUES (51, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'functional-status', 2);
INSERT INTO public.token VALUES (51, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (51, 'code', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-bones', 2);
INSERT INTO public.token VALUES (51, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (51, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (51, 'value-concept', 'https://w3id.org/sural/CodeSystem/leg-pain', 'lp-bones.none', 2);
INSERT INTO public.token VALUES (52, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (52, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (52, 'code', 'http://loinc.org', '69735-9', 2);
INSERT INTO public.token VALUES (52, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (52, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (52, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (53, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (53, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (53, 'code', 'http://loinc.org', '69734-2', 2);
INSERT INTO public.token VALUES (53, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (53, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (53, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (54, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (54, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (54, 'code', 'http://loinc.org', '69689-8', 2);
INSERT INTO public.token VALUES (54, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (54, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (54, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (55, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (55, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (55, 'code', 'http://loinc.org', '69725-0', 2);
INSERT INTO public.token VALUES (55, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (55, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (55, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (56, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (56, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (56, 'code', 'http://loinc.org', '69736-7', 2);
INSERT INTO public.token VALUES (56, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (56, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (56, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (57, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (57, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (57, 'code', 'http://loinc.org', '69733-4', 2);
INSERT INTO public.token VALUES (57, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (57, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (57, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (58, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (58, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (58, 'code', 'http://loinc.org', '69733-4', 2);
INSERT INTO public.token VALUES (58, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (58, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (58, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (59, 'finding-code', 'https://w3id.org/sural/CodeSystem/red-flag', 'mood-positive', 3);
INSERT INTO public.token VALUES (59, 'finding-code', 'https://w3id.org/sural/CodeSystem/red-flag', 'mood-severe', 3);
INSERT INTO public.token VALUES (59, 'identifier', 'https://w3id.org/sural/id', '', 3);
INSERT INTO public.token VALUES (59, 'status', '', 'completed', 3);
INSERT INTO public.token VALUES (60, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (60, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (60, 'code', 'http://loinc.org', '69733-4', 2);
INSERT INTO public.token VALUES (60, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (60, 'status', '', 'entered-in-error', 2);
INSERT INTO public.token VALUES (60, 'value-concept', 'http://loinc.org', 'LA6570-1', 2);
INSERT INTO public.token VALUES (61, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (61, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (61, 'code', 'http://loinc.org', '68509-9', 2);
INSERT INTO public.token VALUES (61, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (61, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (61, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (62, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (62, 'code', 'https://w3id.org/sural/CodeSystem/red-flag', 'mood-severe', 2);
INSERT INTO public.token VALUES (62, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (62, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (62, 'value-concept', 'https://w3id.org/sural/CodeSystem/urgency', 'soon', 2);
INSERT INTO public.token VALUES (63, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (63, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (63, 'code', 'http://loinc.org', '68509-9', 2);
INSERT INTO public.token VALUES (63, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (63, 'status', '', 'entered-in-error', 2);
INSERT INTO public.token VALUES (63, 'value-concept', 'http://loinc.org', 'LA6569-3', 2);
INSERT INTO public.token VALUES (64, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (64, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (64, 'code', 'http://loinc.org', '70274-6', 2);
INSERT INTO public.token VALUES (64, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (64, 'status', '', 'amended', 2);
INSERT INTO public.token VALUES (65, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (65, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (65, 'code', 'http://loinc.org', '69736-7', 2);
INSERT INTO public.token VALUES (65, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (65, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (65, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (66, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (66, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (66, 'code', 'http://loinc.org', '69725-0', 2);
INSERT INTO public.token VALUES (66, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (66, 'status', '', 'entered-in-error', 2);
INSERT INTO public.token VALUES (66, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (67, 'questionnaire', '', 'https://w3id.org/sural/Questionnaire/gad-7', 1);
INSERT INTO public.token VALUES (67, 'status', '', 'amended', 1);
INSERT INTO public.token VALUES (68, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (68, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (68, 'code', 'http://loinc.org', '69689-8', 2);
INSERT INTO public.token VALUES (68, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (68, 'status', '', 'entered-in-error', 2);
INSERT INTO public.token VALUES (68, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (69, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (69, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (69, 'code', 'http://loinc.org', '69736-7', 2);
INSERT INTO public.token VALUES (69, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (69, 'status', '', 'entered-in-error', 2);
INSERT INTO public.token VALUES (69, 'value-concept', 'http://loinc.org', 'LA6568-5', 2);
INSERT INTO public.token VALUES (70, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (70, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (70, 'code', 'http://loinc.org', '69735-9', 2);
INSERT INTO public.token VALUES (70, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (70, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (70, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (71, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (71, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (71, 'code', 'http://loinc.org', '69725-0', 2);
INSERT INTO public.token VALUES (71, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (71, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (71, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token VALUES (72, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (72, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (72, 'code', 'http://loinc.org', '69737-5', 2);
INSERT INTO public.token VALUES (72, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (72, 'status', '', 'amended', 2);
INSERT INTO public.token VALUES (73, 'category', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category', 'cognitive-status', 2);
INSERT INTO public.token VALUES (73, 'category', 'http://terminology.hl7.org/CodeSystem/observation-category', 'survey', 2);
INSERT INTO public.token VALUES (73, 'code', 'http://loinc.org', '69689-8', 2);
INSERT INTO public.token VALUES (73, 'identifier', 'https://w3id.org/sural/id', '', 2);
INSERT INTO public.token VALUES (73, 'status', '', 'final', 2);
INSERT INTO public.token VALUES (73, 'value-concept', 'http://loinc.org', 'LA6571-9', 2);
INSERT INTO public.token_set VALUES (1, '0d3847097433b25001a8f78f1a4442456a4cda971c652731fb1d98167cf0937e');
INSERT INTO public.token_set VALUES (2, '166720078eedd6711432bd2ce6fe475c6ac83e5949daf130a3d689bcf08c0c3e');
INSERT INTO public.token_set VALUES (3, '278b5e1b41ce27fd5d999e1e55bd724a8c9916e1d3914e37e4c0e1f6da676f65');
INSERT INTO public.token_set VALUES (4, '49879eb66af3b45d91d84a399f4968c0860eb1c3bed22f1481ec67d31c0337ae');
INSERT INTO public.token_set VALUES (5, '4e30fce5b4792556f4868317936e5df321edc5bfac637f968eef86c55afff951');
INSERT INTO public.token_set VALUES (6, '66f90a9e76caa7bbd3a0f0a0c650690e658c36de4735495e2f06c871ab61de25');
INSERT INTO public.token_set VALUES (7, '8294873279d1c60b513e49a62b6d08ff77009df804d534579d7881c7445f91fb');
INSERT INTO public.token_set VALUES (8, 'a10a23603b28f452056de7bca8df5944daefb4a8045f32c28aa9df17e2eaf3d1');
INSERT INTO public.token_set VALUES (9, 'a1a13486381d6377cfd2600983838fae4fab5b8f2c8f79dfc31961f9f56e0f19');
INSERT INTO public.token_set VALUES (10, 'a5422435e9767c8e7138dbf3b44b8b2068dc622a2df13b1058b11011eda26f80');
INSERT INTO public.token_set VALUES (11, 'c2f30c8c3f37249a3ad4297fbcac65e322bce867b1fffae2431702d1b32b798b');
INSERT INTO public.token_set VALUES (12, 'cc8579f13c779163603965e28ce989fef0cf07435c790204f2c59b837cc5af38');
INSERT INTO public.token_set VALUES (13, 'd560e68da82ae8dfd7919cb49c21d16397dd53289cd78f27924abdc078b6384c');
INSERT INTO public.token_set VALUES (14, 'd6cbaa74e11f62516d1078188d1d3eee94529b5d18b5c1340a39caaf01109d26');
INSERT INTO public.token_set VALUES (15, 'e372be2ff6b240aa98d8be5dbbc495f5fbe527166da7699efe895eff09520b9c');
INSERT INTO public.token_set VALUES (16, '19a5451bd5dff988496197cade5e50c7cc445a89f2d2c00103febf05b9ab9c44');
INSERT INTO public.token_set VALUES (17, '23b0d4e60e13118b99ce302940e0d0d74a74f6bbeaa4326994954ebb16d18b18');
INSERT INTO public.token_set VALUES (18, '57bdfa7f2132a5a7947933535f8391b4481706ab3b8ce437c71c02bc07d837c2');
INSERT INTO public.token_set VALUES (19, '5ca4f77fc07d8e6db254a58b03281f33fa8164bba60cc0d722c17b00bbcd1f7c');
INSERT INTO public.token_set VALUES (20, '68939c01f6a26445c702bdfcade135e2ee88855935b7ada7ffc5f611ea11d743');
INSERT INTO public.token_set VALUES (21, 'aebc789b10b7942555282c7b64b06dcb06e33fbc6186fef22f67273b7d7001eb');
INSERT INTO public.token_set VALUES (22, 'c67ef665592d0e1117f794fc06e8168622e175a4fec32a23519430701bfb278b');
INSERT INTO public.token_set VALUES (23, 'e6f8fe2de0a8ee485c78ea0aacae45d756a558feec326decbcb4c5df6cf07029');
INSERT INTO public.token_set VALUES (24, 'efb71192980c41aaafb44924de3a38e4e18227ec16e0cf4525405b7772911926');
INSERT INTO public.token_set VALUES (25, '08c799650b19436d486e8a42e4a9ff88396f812b478edd93be3d29d36be57790');
INSERT INTO public.token_set VALUES (26, '1802d5fdad5650744cd1bc571bdfe8af0c8c929c7beda7a1861706897f128259');
INSERT INTO public.token_set VALUES (27, '19f76d732a16b0791b5ee00c7ef103aec4d1ec05b9c3712633065d91233cfa52');
INSERT INTO public.token_set VALUES (28, '1cb914b986e2831b730c7023f98290e4d37d6fbd37c11342aaa40f5f17492647');
INSERT INTO public.token_set VALUES (29, '1d75fb20f3b3d19c7f7a18d88a58609c90123bcbd0e50d8f08c3cca83b9a8195');
INSERT INTO public.token_set VALUES (30, '287db7ef946f4ea45a17240a435da18c7a468573ec6f84d1509e872054156697');
INSERT INTO public.token_set VALUES (31, '3276f392ec65cbf932677e2f49a712b65924320c5b53e207636cb3a73fb131cd');
INSERT INTO public.token_set VALUES (32, '32864f275f05a277f03e02e406bb8bdd72aa5d6cd393f1b4e5d4474637723fab');
INSERT INTO public.token_set VALUES (33, '43238803058b39ad86579a1988008ac783d1d99b7d2ab3284508d22b84372d17');
INSERT INTO public.token_set VALUES (34, '46ba6aebae0c05a866e3446b3f5ae64362cd612ab129e3c39ca218368e08e363');
INSERT INTO public.token_set VALUES (35, '846b9e9c266263a0ef964506d387ee30b7d492f5d3be10dc81418c0481ff1609');
INSERT INTO public.token_set VALUES (36, '8d2f414149de33c470a407aa3e42e616f833dc8dd66ee28cf43c5a8c22736c69');
INSERT INTO public.token_set VALUES (37, '9419fa1e185f3ba7bbc316b09c4e72d336b57261e5d64ec21a7228e05f4f14bd');
INSERT INTO public.token_set VALUES (38, '9626db3063ec7db97c51b0a95ee32985edd6912d7bda2ead03592e46bc994375');
INSERT INTO public.token_set VALUES (39, '9e48d0d40b6afd662fd75c84b8520411c6354f28c121d88455f476e893afa1f4');
INSERT INTO public.token_set VALUES (40, 'a6e15a77d0c72acd7fc73ab7ee744ef2694ade7d2a726806ee48fe2694c69a47');
INSERT INTO public.token_set VALUES (41, 'a7488f8c38fb3858427f662e08a58a4f899d291870609805b6aa657cec7c4c2d');
INSERT INTO public.token_set VALUES (42, 'bf8a4ccf7e9d21f2eef689e501a1f02cece57f4bb12e73147f2a837c6a459651');
INSERT INTO public.token_set VALUES (43, 'c9a7d0d25ae3bca0ed9a03b2006e7b22f184b60cae9f7700070e0e017126adef');
INSERT INTO public.token_set VALUES (44, 'd2de55b80a8b3627b685ed0f6b7b100e3b5707d2e92447098e4abf91743aa906');
INSERT INTO public.token_set VALUES (45, 'd4e79b5012b6441b8f53f5cb9ab23dda632f5838bf8c497a656ad22096914381');
INSERT INTO public.token_set VALUES (46, 'd6713d5d1d70e36622e7ed4deb59565d12ff358ddadd9969f0d0e78c2cc274b3');
INSERT INTO public.token_set VALUES (47, 'e7589c3462c1ece890a7fff2ea550583209329f934cbbb45490b4ce2eb1def24');
INSERT INTO public.token_set VALUES (48, 'e7a9f0ad32d52cd661db2e854b5f04eb5ddf17e474f20383cfb633d077182d6b');
INSERT INTO public.token_set VALUES (49, 'eb12df1def947c44cbce87d666a78130692d3eceba35d9c4d9e757cc090d24e3');
INSERT INTO public.token_set VALUES (50, 'ef0f7dbff2e72ac6fb129c028bcdae10d334aaad4a6a749cf7ba8f1e7899dd82');
INSERT INTO public.token_set VALUES (51, 'f9af02a024a71daa02f8fa8652f710872df47f807c14d3a9d1569b20f3f5d1be');
INSERT INTO public.token_set VALUES (52, '1c0b3696593798380e8596c0a8cb2d1eb0a27012d8e545620348b75ceebc0370');
INSERT INTO public.token_set VALUES (53, '2998505a5e0397dec4d9633f2d2757adb07dbcc56181a6b687714aec56c0dc3b');
INSERT INTO public.token_set VALUES (54, '3f6542ff83e0fe78d4ef674b86936a12ebd5d4dce8eb7e2554649e6d9c038b59');
INSERT INTO public.token_set VALUES (55, '8aeaf807b5cd15e91c7f10fd4fc362d306a5cb0d15f0e5e65854ca9d1ff6b73e');
INSERT INTO public.token_set VALUES (56, 'bb4f6dd49305ad923d849db8d62118105e0c929a8b4857a6952f466eac4bbd96');
INSERT INTO public.token_set VALUES (57, 'f2a6cff53264fed88d05423068aa57d746ce7626fc7eadabe49588481f5534e2');
INSERT INTO public.token_set VALUES (58, '256e16325b77c3f44872e5d636019192a5d29ef7da48877173268b4b4dd4e74f');
INSERT INTO public.token_set VALUES (59, '2944d16091a9bb37163a3baa48fabf4c24395f1d3bdc11228f41ac2ded7117c3');
INSERT INTO public.token_set VALUES (60, '29c6f646d44e7b17916e41486696073818ce82b7f4eb437e7c30e95af9db1fcc');
INSERT INTO public.token_set VALUES (61, '351c676135f36d11504b6129e7eff89b7f858335fc592efef5d985541aabbf67');
INSERT INTO public.token_set VALUES (62, '5b0dd9021c6ad764cedc2b241c165591a0de03f7f6e488b9cb8c811785732bc2');
INSERT INTO public.token_set VALUES (63, '61712f0d3be8b992c8f57f59fc1f2e1799efce3723d17871c426b250450625d8');
INSERT INTO public.token_set VALUES (64, '808de30fa71614a974e5911626a02e6a8a0e8fb6d43ce434d9c991a8f95585da');
INSERT INTO public.token_set VALUES (65, '9bcebf03a31eaae69944c6426f55220622d6a08a9e1dfb7958987644a317e2e0');
INSERT INTO public.token_set VALUES (66, '9c7c74bfcbc9d864c84d30b6ce78795d54e2441b91ffe56cb67d0f8f90629d37');
INSERT INTO public.token_set VALUES (67, 'a390b17417ca0f11652f7bd70755a3986b1d23014304a2644ec03bb1d0c2ffa5');
INSERT INTO public.token_set VALUES (68, 'b164d50e66fba8d8dbfffadc49e61cc026e89687ca47444d350106a1c1d8068c');
INSERT INTO public.token_set VALUES (69, 'bc287ba9f968972599205660b27ffdaf9bb75e5f22c3d8c59bd851d4a8fdf340');
INSERT INTO public.token_set VALUES (70, 'd01dbad7daedbe2266722d321089f9c2494b287e2727597d5d93c1125b5f0561');
INSERT INTO public.token_set VALUES (71, 'd5c830e639944101d08c11ef1315e81b6fae0d94eda706b98589a46c76850141');
INSERT INTO public.token_set VALUES (72, 'db58bb20111eaf9e10bc4c40ed9443972302d4b0f928c8f966e70a6d2759856b');
INSERT INTO public.token_set VALUES (73, 'ebeeef5d97e02f9d871105ef9825e83fc393304fb1f3684d9b80e8bd0d1ab61a');
SELECT pg_catalog.setval('public.act_sequence_seq', 4, true);
SELECT pg_catalog.setval('public.content_id_seq', 5, true);
SELECT pg_catalog.setval('public.missed_id_seq', 1, false);
SELECT pg_catalog.setval('public.outbox_id_seq', 5, true);
SELECT pg_catalog.setval('public.page_key_row_seq', 1, false);
SELECT pg_catalog.setval('public.patient_number_seq', 3, true);
SELECT pg_catalog.setval('public.refused_id_seq', 1, false);
SELECT pg_catalog.setval('public.schema_version_version_seq', 1, false);
SELECT pg_catalog.setval('public.search_row_seq', 10, true);
SELECT pg_catalog.setval('public.secured_row_seq', 1, false);
SELECT pg_catalog.setval('public.token_set_number_seq', 73, true);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_lead_key UNIQUE (lead);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY public.change_search
    ADD CONSTRAINT change_search_pkey PRIMARY KEY (source);
ALTER TABLE ONLY public.coded_answers
    ADD CONSTRAINT coded_answers_pkey PRIMARY KEY (response);
ALTER TABLE ONLY public.coded_questions
    ADD CONSTRAINT coded_questions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.content
    ADD CONSTRAINT content_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivered
    ADD CONSTRAINT delivered_pkey PRIMARY KEY (act);
ALTER TABLE ONLY public.fetched
    ADD CONSTRAINT fetched_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.form_link
    ADD CONSTRAINT form_link_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.form_link
    ADD CONSTRAINT form_link_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.form_link
    ADD CONSTRAINT form_link_task_key UNIQUE (task);
ALTER TABLE ONLY public.form_session
    ADD CONSTRAINT form_session_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.form_task
    ADD CONSTRAINT form_task_link_key UNIQUE (link);
ALTER TABLE ONLY public.form_task
    ADD CONSTRAINT form_task_pkey PRIMARY KEY (task);
ALTER TABLE ONLY public.form_visit
    ADD CONSTRAINT form_visit_link_key UNIQUE (link);
ALTER TABLE ONLY public.form_visit
    ADD CONSTRAINT form_visit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identity
    ADD CONSTRAINT identity_pkey PRIMARY KEY (system, value);
ALTER TABLE ONLY public.missed
    ADD CONSTRAINT missed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_act_id_key UNIQUE (act, id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.page_key
    ADD CONSTRAINT page_key_pkey PRIMARY KEY ("row");
ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.patient
    ADD CONSTRAINT patient_reference_key UNIQUE (reference);
ALTER TABLE ONLY public.posted_search
    ADD CONSTRAINT posted_search_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.received
    ADD CONSTRAINT received_pkey PRIMARY KEY (id, version);
ALTER TABLE ONLY public.refused
    ADD CONSTRAINT refused_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.request_count
    ADD CONSTRAINT request_count_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (type, id, version);
ALTER TABLE ONLY public.response
    ADD CONSTRAINT response_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.search
    ADD CONSTRAINT search_pkey PRIMARY KEY ("row");
ALTER TABLE ONLY public.secured
    ADD CONSTRAINT secured_pkey PRIMARY KEY ("row");
ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (reference);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (set, parameter, system, value);
ALTER TABLE ONLY public.token_set
    ADD CONSTRAINT token_set_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.token_set
    ADD CONSTRAINT token_set_pkey PRIMARY KEY (number);
CREATE INDEX form_visit_unsent ON public.form_visit USING btree (opened) WHERE (sent IS NULL);
CREATE INDEX ix_act_patient ON public.act USING btree (patient);
CREATE INDEX ix_content_act ON public.content USING btree (act);
CREATE INDEX ix_form_session_until ON public.form_session USING btree (until);
CREATE INDEX ix_form_task_due ON public.form_task USING btree (due);
CREATE INDEX ix_form_task_patient ON public.form_task USING btree (patient);
CREATE INDEX ix_notice_due ON public.notice USING btree (due);
CREATE INDEX ix_outbox_patient ON public.outbox USING btree (patient);
CREATE INDEX ix_refused_at ON public.refused USING btree (at);
CREATE INDEX ix_request_count_until ON public.request_count USING btree (until);
CREATE INDEX ix_response_patient ON public.response USING btree (patient);
CREATE INDEX ix_task_act ON public.task USING btree (act);
CREATE INDEX ix_task_due ON public.task USING btree (due);
CREATE INDEX ix_task_ends ON public.task USING btree (ends);
CREATE INDEX ix_task_patient ON public.task USING btree (patient);
CREATE INDEX ix_task_root ON public.task USING btree (root);
CREATE INDEX outbox_due ON public.outbox USING btree (state, due);
CREATE INDEX refused_order ON public.refused USING btree (has_sign, id);
CREATE INDEX resource_act ON public.resource USING btree (act);
CREATE INDEX resource_effective ON public.resource USING btree (type, effective, act) WHERE current;
CREATE INDEX resource_patient ON public.resource USING btree (patient, effective, act) WHERE current;
CREATE INDEX resource_stored ON public.resource USING btree (type, stored, act) WHERE current;
CREATE INDEX resource_tokens ON public.resource USING btree (tokens) WHERE current;
CREATE INDEX search_resource ON public.search USING btree (id, type);
CREATE INDEX search_value ON public.search USING btree (type, parameter, value);
CREATE INDEX task_escalated ON public.task USING btree (urgency, escalated) WHERE (escalated > 0);
CREATE INDEX task_late ON public.task USING btree (urgency, steps, since) WHERE ((root IS NULL) AND (taken IS NULL));
CREATE INDEX token_value ON public.token USING btree (type, parameter, value);
CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();
