/**
 * The Cedar schema: who may ask, for what, on what, and which facts a policy may rely on. A request with any other fact
 * is refused, so that a policy never waits for a fact under another spelling. docs/policy.md explains each one.
 */
export const POLICY_SCHEMA = `// Who acts.
entity Owner;
entity Pipeline;
entity Agent;
entity Member;

// What is acted upon.
entity Stage;
entity Skill;
entity Dataset;
entity Artifact;
entity Pointer;
entity Log;
entity PolicySet;
entity Key;
entity Trustees;
entity Openings;
entity Author;
entity Site;
entity Content;
entity Request;

// Facts that a request may state. pinned: the skill's hash is in the build or was pinned by the owner.
// grants: how many capabilities the skill is given. installed: the module is the one that the owner installed under this
// name, and is given no more than he granted it. trusted: the owner trusts the author's key. new_grants: how many
// capabilities a version has that the one in use has not. right: what the owner lets this member do here. delegation: the
// member asks for a run of its own, by this request. named: the owner named this skill when he let the member run some.
// member: the other device that is to do it.
type Facts = {
  pinned?: Bool,
  grants?: Long,
  installed?: Bool,
  trusted?: Bool,
  new_grants?: Long,
  right?: String,
  delegation?: String,
  named?: Bool,
  member?: String,
  run?: String,
  pipeline?: String,
  pipeline_version?: String,
  pipeline_sha256?: String,
  stage?: String,
  stage_type?: String,
  evaluator?: String,
  metric?: String,
  purpose?: String,
  bytes?: Long,
  rows?: Long,
  votes?: Long,
  votes_for?: Long,
  quorum?: Long,
  accepted?: Bool,
};

action run_stage appliesTo { principal: [Owner, Pipeline, Agent], resource: Stage, context: Facts };
action read_dataset appliesTo { principal: [Owner, Pipeline, Agent], resource: Dataset, context: Facts };
action store_artifact appliesTo { principal: [Owner, Pipeline, Agent], resource: Artifact, context: Facts };
action run_skill appliesTo { principal: [Owner, Pipeline, Agent, Member], resource: Skill, context: Facts };
action delegate_skill appliesTo { principal: [Owner, Pipeline, Agent, Member], resource: Skill, context: Facts };
action promote, rollback appliesTo { principal: [Owner, Pipeline, Agent], resource: Pointer, context: Facts };
action export_evidence appliesTo { principal: [Owner, Pipeline, Agent, Member], resource: Log, context: Facts };
action sign_policies appliesTo { principal: [Owner, Pipeline, Agent], resource: PolicySet, context: Facts };
action rotate_key, revoke_key, recover_owner appliesTo { principal: [Owner, Pipeline, Agent], resource: Key, context: Facts };
action set_trustees appliesTo { principal: [Owner, Pipeline, Agent], resource: Trustees, context: Facts };
action erase_openings appliesTo { principal: [Owner, Pipeline, Agent], resource: Openings, context: Facts };
action fetch_skill appliesTo { principal: [Owner, Pipeline, Agent], resource: Site, context: Facts };
action install_skill, upgrade_skill, rollback_skill, pin_skill, revoke_skill
  appliesTo { principal: [Owner, Pipeline, Agent], resource: Skill, context: Facts };
action fetch_content appliesTo { principal: [Owner, Pipeline, Agent, Member], resource: Content, context: Facts };
action ask appliesTo { principal: Member, resource: Request, context: Facts };
action trust_author, revoke_author appliesTo { principal: [Owner, Pipeline, Agent], resource: Author, context: Facts };
`;
