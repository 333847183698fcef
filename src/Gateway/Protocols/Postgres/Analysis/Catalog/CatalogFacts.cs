namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>What a catalogue query reads.</summary>
internal enum CatalogFacts
{
    Version,
    Functions,
    Operators,
    SystemRelations,
    Words,
    Types,
    Objects,
}
