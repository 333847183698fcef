namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>When something was read or understood.</summary>
/// <param name="Generation"><see cref="TargetCatalog.Generation"/> then.</param>
/// <param name="At">Ticks of the catalogue's clock.</param>
/// <param name="Declaration"><see cref="TargetCatalog.Declaration"/> then.</param>
internal readonly record struct CatalogStamp(long Generation, long At, int Declaration = 0);
