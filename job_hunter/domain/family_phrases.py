"""The phrases by which families.py knows the family of a job: its nouns, and the fields of work."""

from __future__ import annotations

from job_hunter.domain.level import Family

# Nouns of a job: the last one before a preposition decides.
NOUNS = {
    Family.ENGINEERING: """
        engineer, engineers, swe, sde, sdet, developer, developers, programmer, programmers, dev, coder, sre,
        devops, devsecops, software architect, cloud architect, data architect, enterprise architect, security
        architect, system architect, systems architect, network architect, infrastructure architect, technical
        architect, solution architecture engineer, platform architect, application architect, ai architect,
        salesforce architect, chief architect, java architect, integration architect, database architect, hardware
        architect, architect, machine learning architect, sysadmin, system administrator, systems administrator,
        linux administrator, database administrator, network administrator, dba, cloud administrator, tester,
        penetration tester, qa analyst, test analyst, software tester, automation tester, member of technical staff,
        members of technical staff, member of the technical staff, technical staff, mts, cto, chief technology
        officer, chief technical officer, chief information security officer, ciso, security analyst, software
        consultant, quant developer, quantitative developer, trading systems developer, site reliability, production
        support engineer, application support engineer, trading support engineer, platform support engineer,
        entwickler, ingenieur, ingeniero, ingenieria, desarrollador, desarrolladora, developpeur, engenheiro,
        engenheira, desenvolvedor, softwareentwickler, programmierer, tech lead, technical lead, techlead, forward
        deployed engineer, software crafter, technologist, technical fellow, hacker, webmaster, engineering fellow,
        engineering manager, tlm, software development manager, data engineering manager, full stack, fullstack,
        cybersecurity analyst, soc analyst, devrel engineer, salesforce administrator, netsuite administrator, it
        administrator, security administrator, engineering lead, software lead""",
    Family.TRADING: """
        trader, traders, market maker, market makers, portfolio manager, portfolio managers, structurer, dealer,
        quant trader, quantitative trader, sales trader, trading analyst, trading assistant, trading associate,
        trading intern, execution specialist, execution analyst, desk strategist, trading strategist, options
        specialist, bookmaker, trading manager, trading lead, head of trading, trading graduate, quantitative
        trading intern, quantitative trading analyst""",
    Family.RESEARCH: """
        researcher, researchers, research scientist, scientist, scientists, quant, quants, quantitative analyst,
        quantitative analysts, quant analyst, quantitative strategist, quant strategist, quantitative researcher,
        quant researcher, research analyst, research associate, research intern, research fellow, economist,
        mathematician, statistician, econometrician, research assistant, ai fellow, ai safety fellow, security
        fellow, safety fellow, research lead, research manager, research director, phd researcher, strats,
        bioinformatician, biostatistician, quantitative associate, postdoc, phd student, phd candidate, doctoral
        student, doctoral candidate, cryptographer, chemist, biologist, physicist""",
    Family.PRODUCT: """
        product manager, product managers, product owner, product owners, product lead, product director, product
        designer, product designers, product analyst, product operations manager, product management, product mgr,
        head of product, chief product officer, designer, designers, ux designer, ui designer, ux researcher, user
        researcher, ux writer, content designer, service designer, interaction designer, design lead, design
        manager, design director, design researcher, user experience researcher, technical program manager,
        technical programme manager, tpm, cpo, product strategist, product specialist lead, design technologist,
        product design lead, product design manager, product design director, group product manager, produktmanager,
        product architect, pm, pms""",
    Family.SALES: """
        account executive, account executives, account manager, account managers, account director, ae, sdr, bdr,
        sdrs, bdrs, sales engineer, sales engineers, solutions engineer, solution engineer, solutions engineers,
        presales engineer, pre sales engineer, solutions architect, solution architect, solutions consultant,
        solution consultant, sales consultant, presales consultant, customer engineer, partner engineer, sales
        representative, sales representatives, sales rep, sales development representative, business development
        representative, business developer, business development manager, business development associate, business
        development lead, business development executive, business development director, business development, sales
        executive, sales manager, sales director, sales lead, sales specialist, sales associate, sales associates,
        sales advisor, seller, salesperson, salesman, sales agent, sales analyst, sales leader, sales person, sales
        intern, customer success manager, client success manager, customer success associate, customer success
        specialist, customer success lead, customer success, client success, success manager, partner manager,
        partnership manager, partnerships manager, partner success manager, partnerships lead, channel manager,
        channel account manager, alliance manager, alliances manager, alliances director, account partner, client
        partner, client executive, client director, relationship manager, territory manager, key account manager,
        renewals manager, renewals specialist, chief revenue officer, cro, sales development, account development
        representative, growth representative, enterprise account executive, partner development manager, technical
        account manager, account supervisor, commercial manager, commercial director, chief commercial officer, head
        of sales, market development representative, vendedor, vendedora, sales assistant, sales coordinator, inside
        sales, field sales, outside sales, value engineer, value consultant, client advisor, deal desk manager,
        vertriebsmitarbeiter, aussendienstmitarbeiter, vertriebsmanager, agente di commercio, agent commercial,
        commercial terrain, conseiller commercial, verkaufer, partner specialist, account development, executivo de
        vendas, relationship director, territory account manager""",
    Family.OTHER: """
        recruiter, recruiters, sourcer, talent partner, talent acquisition, recruitment consultant, recruiting
        coordinator, recruiting manager, recruitment manager, recruiting lead, people partner, business partner,
        people manager, hr manager, hrbp, counsel, attorney, lawyer, solicitor, paralegal, legal counsel, barrister,
        notary, accountant, accountants, bookkeeper, controller, comptroller, auditor, actuary, underwriter, tax
        manager, finance manager, finance director, finance analyst, financial analyst, payroll specialist, payroll
        manager, treasurer, cfo, chief financial officer, coo, chief operating officer, chief people officer, chief
        of staff, chief marketing officer, cmo, ceo, chief executive officer, chief accounting officer, chief
        compliance officer, office manager, executive assistant, personal assistant, administrative assistant,
        receptionist, assistant, secretary, data analyst, data analysts, business analyst, business analysts, bi
        analyst, business intelligence analyst, systems analyst, risk analyst, risk manager, compliance officer,
        compliance manager, compliance analyst, program manager, programme manager, program managers, project
        manager, project managers, scrum master, delivery manager, agile coach, release manager, pmo, marketing
        manager, product marketing manager, product marketer, marketer, copywriter, editor, writer, technical
        writer, content strategist, brand designer, graphic designer, visual designer, motion designer,
        instructional designer, interior designer, marketing designer, web designer, fashion designer, presentation
        designer, production designer, learning designer, curriculum designer, sound designer, level designer, game
        designer, support engineer, support engineers, technical support engineer, customer support engineer,
        customer success engineer, product support engineer, support specialist, support analyst, support agent,
        support representative, customer support, technical support, customer service representative, customer care,
        customer experience associate, customer experience specialist, service advisor, operations manager,
        operations associate, operations analyst, operations specialist, operations lead, operations engineer
        associate, operations director, operations coordinator, technician, technicians, driver, warehouse
        associate, cook, chef, barista, nurse, physician, therapist, pharmacist, teacher, tutor, lecturer,
        instructor, trainer, coach, counselor, psychologist, psychiatrist, social worker, optician, optometrist,
        journalist, reporter, photographer, videographer, producer, animator, artist, community manager, social
        media manager, event manager, events manager, buyer, planner, merchandiser, store manager, security guard,
        security officer, cleaner, housekeeper, supply chain manager, category manager, procurement manager,
        facilities manager, workplace manager, workplace coordinator, trust and safety specialist, investigator,
        translator, interpreter, linguist, annotator, data entry clerk, clerk, cashier, developer relations,
        developer advocate, developer evangelist, developer relations manager, clinical research coordinator,
        clinical research associate, clinical scientist, market researcher, market research analyst, market research
        manager, medical scientist liaison, medical science liaison, equity research associate, training manager,
        engagement manager, management consultant, strategy consultant, investment analyst, investment banker,
        investor relations manager, fund accountant, trade support analyst, trading operations analyst, trading
        operations associate, real estate developer, property manager, property developer, case manager, general
        manager, team assistant, mechanic, electrician, plumber, installer, welder, machinist, operator, assembler,
        landscape architect, building architect, learning and development partner, organizational developer,
        curriculum developer, talent developer, training developer, content developer, sales trainer, customer
        advocate, support engineering manager, money laundering reporting officer, mlro, program lead, chef de
        projet, deal desk analyst, sales operations manager, sales operations analyst, revenue analyst, sales ops
        analyst""",
}

# Fields of work: they decide where the noun says nothing of the trade.
FIELDS = {
    Family.ENGINEERING: """
        engineering, software, software engineering, software development, backend, back end, frontend, front end,
        infrastructure, platform, devops, cloud, data engineering, data platform, machine learning, ml, ml ops,
        mlops, firmware, hardware, fpga, asic, embedded, android, ios, web development, site reliability
        engineering, cyber security, cybersecurity, information security, infosec, application security, cloud
        security, security engineering, quality engineering, qa, quality assurance, test automation, network
        engineering, technology, it infrastructure, developer experience, systems engineering, artificial
        intelligence, ai, computer vision, robotics, java, python, golang, rust, javascript, typescript, react,
        node, kubernetes, linux, architecture, dev, data infrastructure, distributed systems, core engineering, r&d,
        research and development, research & development, research engineering, engenharia, entwicklung, quant
        development, quantitative development, trading technology, trading systems, production engineering, release
        engineering, enterprise architecture, ai engineering, analytics engineering, product engineering, hardware
        engineering, site reliability, blockchain engineering, php, developer productivity, technical escalations
        engineering, core infrastructure""",
    Family.TRADING: """
        trading, quant trading, quantitative trading, algorithmic trading, market making, options trading, equities
        trading, execution trading, portfolio management, fx trading, delta one, systematic trading, derivatives
        trading, trading desk, sales and trading, sales & trading""",
    Family.RESEARCH: """
        research, quantitative research, quant research, data science, data sciences, applied science, research
        science, quantitative analytics, quantitative analysis, quantitative strategies, quantitative finance, ai
        research, machine learning research, alpha research, economics, statistics, quantitative development &
        strategy, decision science, decision sciences, equity research, quantitative strategy, applied research,
        data scientists""",
    Family.PRODUCT: """
        product, products, product management, product design, ux, ui, user experience, design, user research, ux
        research, product operations, ux design, product strategy, service design, design systems, technical program
        management, product & design, product and design, product development""",
    Family.SALES: """
        sales, sales engineering, presales, pre sales, solutions engineering, solutions architecture, solution
        architecture, solution engineering, business development, partnerships, strategic partnerships, alliances,
        channel, account management, enterprise sales, commercial sales, inside sales, renewals, revenue, go to
        market, gtm, sales development, partner sales, client solutions, key accounts, client service sales,
        solutions consulting, customer growth, strategic accounts, global accounts, vendas, customer success, client
        success, partner success, vertrieb, aussendienst, commercial terrain, partner, partners, partner programs,
        field sales, growth sales, sell, ventas, salg, ventes, vendite, verkauf""",
    Family.OTHER: """
        marketing, product marketing, growth marketing, brand, content, communications, public relations, pr,
        events, social media, seo, people, people operations, people ops, hr, human resources, talent, talent
        acquisition, recruiting, recruitment, university recruiting, technical recruiting, engineering recruiting,
        sales recruiting, compensation, benefits, payroll, total rewards, learning and development, finance,
        accounting, tax, treasury, audit, internal audit, fp&a, procurement, controlling, financial planning,
        revenue accounting, sales compensation, legal, compliance, regulatory, privacy, public policy, policy,
        government affairs, government relations, risk, fraud, aml, kyc, financial crime, operations, sales
        operations, sales ops, revenue operations, revops, business operations, bizops, trading operations, trade
        support, trade operations, middle office, back office, product support, marketing operations, legal
        operations, engineering operations, research operations, design operations, finance operations, people
        analytics, business strategy, strategy, corporate development, corporate strategy, investor relations,
        customer support, customer service, customer experience, customer care, customer operations, technical
        support, support, client service, client services, supply chain, logistics, manufacturing, warehouse,
        facilities, workplace, real estate, office, administration, administrative, sales enablement, enablement,
        sales training, customer education, training, education, curriculum, trust & safety, trust and safety,
        content moderation, business intelligence, data analytics, analytics, program management, project
        management, pmo, transformation, change management, clinical, medical, nursing, clinical research, market
        research, community, developer relations, devrel, physical security, security operations guard,
        sustainability, esg, insurance, underwriting, lending, credit, claims, collections, retail, store,
        restaurant, kitchen, food, creative, editorial, translation, localization, fundraising, development officer,
        philanthropy, investment, investments, investment banking, private equity, venture capital, wealth
        management, general & administrative, payments operations, marketplace operations, it support, helpdesk,
        help desk, service desk, general and administrative, g&a, strategy & operations, support engineering,
        technical support engineering, leadership development, organizational development, deal desk, commercial
        planning, planning, money laundering, employee experience, partner marketing, brand marketing, technical
        account, hris, crm, disputes, fincrime, candidate experience, accounts receivable, accounts payable, procure
        to pay, consumer insights""",
}
