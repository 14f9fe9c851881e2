/** The policies that a new node signs into its first snapshot. Whatever no permit matches is denied. */
export const DEFAULT_POLICIES = `// Default deny: what no permit below matches does not happen.

@id("owner-runs-pinned-skills")
@description("The owner may run skills whose bytes are pinned, without capabilities.")
permit (principal is Owner, action == Action::"run_skill", resource)
when { context has pinned && context.pinned && !(context has grants && context.grants > 0) };

@id("owner-tries-own-modules")
@description("A module that is not pinned runs once the owner has approved exactly that run, and without capabilities.")
@approval("owner")
permit (principal is Owner, action == Action::"run_skill", resource)
when { context has pinned && !context.pinned && !(context has grants && context.grants > 0) };

@id("owner-runs-installed-skills")
@description("The owner may run the skills that he installed, with the capabilities that he granted them.")
permit (principal is Owner, action == Action::"run_skill", resource)
when { context has installed && context.installed };

@id("owner-works-with-data")
@description("The owner may run single stages, read data sets and store artifacts.")
permit (
  principal is Owner,
  action in [Action::"run_stage", Action::"read_dataset", Action::"store_artifact"],
  resource
);

@id("owner-signs-policies")
@description("The owner may change these policies. Without this rule nobody could.")
permit (principal is Owner, action == Action::"sign_policies", resource);

@id("owner-exports-evidence")
@description("The owner may export the log with everything that it names.")
permit (principal is Owner, action == Action::"export_evidence", resource);

@id("owner-changes-keys")
@description("Changing a key or the trustees, and erasing personal fields, wait for the owner's approval of exactly that.")
@approval("owner")
permit (
  principal is Owner,
  action in [Action::"rotate_key", Action::"revoke_key", Action::"set_trustees", Action::"erase_openings"],
  resource
);

@id("trustees-recover-the-owner-key")
@description("A new owner key is appointed by the trustees: their signatures are the approval, and are checked.")
permit (principal is Owner, action == Action::"recover_owner", resource);

@id("owner-fetches-skills")
@description("The owner may fetch a skill from a link of his. It is neither installed nor run by that.")
permit (principal is Owner, action == Action::"fetch_skill", resource);

@id("owner-fetches-content")
@description("The owner may fetch content by its SHA-256 from members of the mesh. It is checked, and neither installed nor run.")
permit (principal is Owner, action == Action::"fetch_content", resource);

@id("owner-installs-new-skills")
@description("A skill from an author whom the owner does not trust, or with new capabilities, waits for his approval of exactly that.")
@approval("owner")
permit (
  principal is Owner,
  action in [Action::"install_skill", Action::"upgrade_skill", Action::"rollback_skill"],
  resource
);

@id("owner-installs-known-skills")
@description("A version from an author whom the owner trusts needs no approval when it has no new capability.")
permit (
  principal is Owner,
  action in [Action::"install_skill", Action::"upgrade_skill"],
  resource
)
when { context has trusted && context.trusted && context has new_grants && context.new_grants == 0 };

@id("owner-rolls-skills-back")
@description("Going back to a version that was installed before needs no approval when it has no new capability.")
permit (principal is Owner, action == Action::"rollback_skill", resource)
when { context has new_grants && context.new_grants == 0 };

@id("owner-takes-skills-back")
@description("Pinning, revoking a skill and revoking an author need no approval: they are the safe direction.")
permit (
  principal is Owner,
  action in [Action::"pin_skill", Action::"revoke_skill", Action::"revoke_author"],
  resource
);

@id("owner-trusts-authors")
@description("Trusting an author's key waits for the owner's approval of exactly that key.")
@approval("owner")
permit (principal is Owner, action == Action::"trust_author", resource);

@id("pipeline-runs-stages")
@description("A pipeline may run its stages, read data sets and store what it makes.")
permit (
  principal is Pipeline,
  action in [Action::"run_stage", Action::"read_dataset", Action::"store_artifact"],
  resource
);

@id("pipeline-runs-pinned-skills")
@description("A pipeline may run skills whose bytes are pinned, without capabilities.")
permit (principal is Pipeline, action == Action::"run_skill", resource)
when { context has pinned && context.pinned && !(context has grants && context.grants > 0) };

@id("evaluators-run-pinned-skills")
@description("An agent may run pinned skills to judge a model, without capabilities.")
permit (principal is Agent, action == Action::"run_skill", resource)
when { context has pinned && context.pinned && !(context has grants && context.grants > 0) }
when { context has purpose && context.purpose == "evaluation" };

@id("pipeline-exports-evidence")
@description("A pipeline may export its evidence.")
permit (principal is Pipeline, action == Action::"export_evidence", resource);

@id("devices-in-control-run-skills")
@description("A device that the owner lets control this node may run the skills that the owner could run without asking.")
permit (principal is Member, action == Action::"run_skill", resource)
when { context has right && context.right == "control" }
when {
  (context has installed && context.installed) ||
  (context has pinned && context.pinned && !(context has grants && context.grants > 0))
};

@id("owner-delegates-skills")
@description("The owner may have another member run a skill, and believes nothing of the answer that is not proven.")
permit (principal is Owner, action == Action::"delegate_skill", resource);

@id("devices-in-control-delegate-skills")
@description("A device that the owner lets control this node may do so too.")
permit (principal is Member, action == Action::"delegate_skill", resource)
when { context has right && context.right == "control" };

@id("members-run-granted-skills")
@description("A member may run the skills that the owner granted it; one with capabilities only where he named that skill.")
permit (principal is Member, action == Action::"run_skill", resource)
when { context has right && context.right == "run" && context has delegation }
when { (context has installed && context.installed) || (context has pinned && context.pinned) }
when { (context has named && context.named) || !(context has grants && context.grants > 0) };

@id("members-bring-inputs")
@description("Such a member may have this node fetch from it what its run is to take in.")
permit (principal is Member, action == Action::"fetch_content", resource)
when { context has right && context.right == "run" && context has delegation };

@id("devices-in-control-decide")
@description("Such a device may decide what waits for approval, stop and resume runs, have the witnesses asked, and reach for members.")
permit (principal is Member, action == Action::"ask", resource)
when { context has right && context.right == "control" }
when {
  resource in [
    Request::"DecideApproval",
    Request::"StopRun",
    Request::"ResumeRun",
    Request::"AskWitnesses",
    Request::"MeshDial"
  ]
};

@id("devices-in-control-export")
@description("Such a device may export the evidence.")
permit (principal is Member, action == Action::"export_evidence", resource)
when { context has right && context.right == "control" };

@id("rollback-is-free")
@description("Going back to an earlier model needs no approval: it is the safe direction.")
permit (principal, action == Action::"rollback", resource)
when { principal is Owner || principal is Pipeline };

@id("promotion-needs-the-owner")
@description("Putting a model into production waits for the owner's approval of exactly that model.")
@approval("owner")
@approvals("1")
permit (principal, action == Action::"promote", resource)
when { principal is Owner || principal is Pipeline };
`;
