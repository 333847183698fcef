namespace Sallyport.Gateway.Exports.Ocsf;

/// <summary>The event classes that records are mapped to, by their number.</summary>
internal enum OcsfClass
{
    BaseEvent = 0,
    AccountChange = 3001,
    Authentication = 3002,
    EntityManagement = 3004,
    ApplicationLifecycle = 6002,
    ApiActivity = 6003,
    DatastoreActivity = 6005,
}
