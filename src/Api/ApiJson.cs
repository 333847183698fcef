using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>
/// How the API's objects are written as JSON: camelCase, nulls left out, indented by nobody. Reading is strict about case, duplicates, nulls and missing members;
/// requests also refuse unknown members, answers ignore them so that an older client can talk to a newer gateway. Generated code sets every init-only
/// member, absent ones to null, so the records give their defaults in the getter and not by an initializer.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(CallerResource))]
[JsonSerializable(typeof(PolicyResource))]
[JsonSerializable(typeof(ApprovalResource))]
[JsonSerializable(typeof(ApprovalPage))]
[JsonSerializable(typeof(ApproveRequest))]
[JsonSerializable(typeof(DenyRequest))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SessionPage))]
[JsonSerializable(typeof(KillRequest))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(PrincipalPage))]
[JsonSerializable(typeof(PrincipalResource))]
[JsonSerializable(typeof(PrincipalRequest))]
[JsonSerializable(typeof(BudgetPage))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(ExplanationResource))]
[JsonSerializable(typeof(FloorRequest))]
[JsonSerializable(typeof(FloorResource))]
[JsonSerializable(typeof(SelfTestRequest))]
[JsonSerializable(typeof(SelfTestResource))]
[JsonSerializable(typeof(ExportRequest))]
[JsonSerializable(typeof(LedgerKeyResource))]
[JsonSerializable(typeof(DoorsResource))]
[JsonSerializable(typeof(RevocationRequest))]
[JsonSerializable(typeof(RevocationResource))]
[JsonSerializable(typeof(TokenKeyResource))]
[JsonSerializable(typeof(AccessRequestBody))]
[JsonSerializable(typeof(AccessRequestResource))]
[JsonSerializable(typeof(AccessRequestPage))]
[JsonSerializable(typeof(AccessGrantResource))]
[JsonSerializable(typeof(AccessGrantPage))]
[JsonSerializable(typeof(AccessExtendBody))]
[JsonSerializable(typeof(AccessRevokeBody))]
[JsonSerializable(typeof(AccessReviewBody))]
[JsonSerializable(typeof(BreakGlassBody))]
[JsonSerializable(typeof(NotificationList))]
[JsonSerializable(typeof(NotificationTestResource))]
[JsonSerializable(typeof(ExportList))]
[JsonSerializable(typeof(ApiProblem))]
public sealed partial class ApiJson : JsonSerializerContext;
